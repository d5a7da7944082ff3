import { accounts, region } from "./account.ts";
import type { Stage } from "./check.ts";

/** An image in the registry of an account in a Region. */
export interface Image {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
  readonly tag: string;
}

/** The same repository and tag in the source and in the destination account. */
export function bothSides(repository: string, tag: string): [source: Image, destination: Image] {
  const image = { region, repository, tag };
  return [
    { ...image, account: accounts.source },
    { ...image, account: accounts.destination },
  ];
}

/** An image's name as the product takes it. */
export function ecrName({ account, region: of, repository, tag }: Image): string {
  return `${account}.dkr.ecr.${of}.amazonaws.com/${repository}:${tag}`;
}

/** An image's name as clients of the local registry take it. */
export function registryName({ endpoint }: Stage, { account, region: of, repository, tag }: Image): string {
  return `${new URL(endpoint).host}/${account}/${of}/${repository}:${tag}`;
}
