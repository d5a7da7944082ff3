import { type Digest, isDigest } from "./digest.ts";

/** A repository in a private ECR registry. */
export interface EcrRepository {
  /** The registry's host, as given. */
  readonly host: string;
  readonly account: string;
  readonly region: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, `aws-iso`, `aws-iso-b`, `aws-iso-e` or `aws-iso-f`. */
  readonly partition: string;
  readonly fips: boolean;
  readonly dualStack: boolean;
  readonly name: string;
}

/** An image in a private ECR registry, by tag, by digest, or by both, in which case the digest decides. */
export interface EcrImage {
  readonly repository: EcrRepository;
  readonly tag?: string;
  readonly digest?: Digest;
}

interface Partition {
  readonly name: string;
  readonly region: RegExp;
  readonly suffix: string;
  readonly dualStackSuffix?: string;
}

const partitions: readonly Partition[] = [
  {
    name: "aws",
    region: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/,
    suffix: "amazonaws.com",
    dualStackSuffix: "on.aws",
  },
  {
    name: "aws-cn",
    region: /^cn-[a-z]+-\d+$/,
    suffix: "amazonaws.com.cn",
    dualStackSuffix: "on.amazonwebservices.com.cn",
  },
  {
    name: "aws-us-gov",
    region: /^us-gov-[a-z]+-\d+$/,
    suffix: "amazonaws.com",
    dualStackSuffix: "on.aws",
  },
  { name: "aws-eusc", region: /^eusc-[a-z]+-[a-z]+-\d+$/, suffix: "amazonaws.eu" },
  { name: "aws-iso", region: /^us-iso-[a-z]+-\d+$/, suffix: "c2s.ic.gov" },
  { name: "aws-iso-b", region: /^us-isob-[a-z]+-\d+$/, suffix: "sc2s.sgov.gov" },
  { name: "aws-iso-e", region: /^eu-isoe-[a-z]+-\d+$/, suffix: "cloud.adc-e.uk" },
  { name: "aws-iso-f", region: /^us-isof-[a-z]+-\d+$/, suffix: "csp.hci.ic.gov" },
];

const hostPattern = /^(\d{12})\.dkr([.-])ecr(-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$/;
const namePart = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const namePattern = new RegExp(`^${namePart}(?:/${namePart})*$`);
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** What an ECR repository looks like, with a tag or without, for messages. */
export const ecrRepositoryForm = "<account>.dkr.ecr.<region>.amazonaws.com/<repository>[:<tag>]";

/** What an ECR image reference looks like, for messages. */
export const ecrReferenceForm = `${ecrRepositoryForm}[@sha256:<hex>]`;

/** Whether a text can be a tag (OCI distribution-spec, pulling manifests). */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/**
 * Reads an ECR image reference in any of the registry's host forms. Throws RangeError saying what is wrong with it,
 * and what form was expected.
 */
export function parseEcrImage(text: string, form: string = ecrReferenceForm): EcrImage {
  const slash = text.indexOf("/");
  if (slash < 0) throw new RangeError(`'${text}' is no image in ECR; expected ${form}`);
  const host = parseHost(text.slice(0, slash), form);
  const { name, tag, digest } = splitName(text.slice(slash + 1));
  if (name.length < 2 || name.length > 256 || !namePattern.test(name)) {
    throw new RangeError(
      `'${name}' is no ECR repository name: 2 to 256 lower-case letters and digits, with '.', '_', '-' or '/' between them`,
    );
  }
  if (tag !== undefined && !isTag(tag)) {
    throw new RangeError(
      `'${tag}' is no tag: up to 128 of letters, digits, '_', '.' and '-', not beginning with '.' or '-'`,
    );
  }
  if (digest !== undefined && !isDigest(digest)) {
    throw new RangeError(`'${digest}' is no digest: expected sha256: and 64 lower-case hex digits`);
  }
  return { repository: { ...host, name }, tag, digest };
}

function splitName(rest: string): { name: string; tag?: string; digest?: string } {
  const at = rest.indexOf("@");
  const digest = at < 0 ? undefined : rest.slice(at + 1);
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.lastIndexOf(":");
  return colon < 0
    ? { name: named, digest }
    : { name: named.slice(0, colon), tag: named.slice(colon + 1), digest };
}

function parseHost(host: string, form: string): Omit<EcrRepository, "name"> {
  const match = hostPattern.exec(host);
  if (!match) throw new RangeError(`'${host}' is no ECR registry; expected ${form}`);
  const [, account = "", separator, fips, region = "", suffix] = match;
  const dualStack = separator === "-";
  const partition = partitions.find(({ region: pattern }) => pattern.test(region));
  if (!partition) throw new RangeError(`'${region}' in '${host}' is no AWS region`);
  const expected = dualStack ? partition.dualStackSuffix : partition.suffix;
  if (suffix !== expected) {
    throw new RangeError(
      expected
        ? `'${host}' mixes partitions: the region ${region} belongs to hosts ending in .${expected}`
        : `'${host}': no dual-stack registry is known in the partition ${partition.name}`,
    );
  }
  return { host, account, region, partition: partition.name, fips: fips !== undefined, dualStack };
}

/** A reference as text, the way it is shown to people: a digest, when there is one, after the tag. */
export function formatEcrImage({ repository, tag, digest }: EcrImage): string {
  return `${repository.host}/${repository.name}${tag ? `:${tag}` : ""}${digest ? `@${digest}` : ""}`;
}
