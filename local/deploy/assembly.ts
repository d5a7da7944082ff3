import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A CloudFormation template, as far as local AWS reads it. */
export interface Template {
  readonly Parameters?: Record<string, { Default?: unknown }>;
  readonly Conditions?: Record<string, unknown>;
  readonly Resources?: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, { Value: unknown; Condition?: string }>;
  readonly [section: string]: unknown;
}

/** One resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Condition?: string;
  readonly [attribute: string]: unknown;
}

/** One stack of a cloud assembly and where it is to be deployed. */
export interface Stack {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly template: Template;
  readonly parameters: Readonly<Record<string, string>>;
  /** Directories of the file assets by the object key they would be published under. */
  readonly assets: ReadonlyMap<string, string>;
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly properties?: {
    templateFile?: string;
    stackName?: string;
    file?: string;
    parameters?: Record<string, string>;
  };
}

// Where a stack without an explicit environment goes.
const DEFAULT_ACCOUNT = "333333333333";
const DEFAULT_REGION = "eu-central-1";
const IGNORED = ["cdk:tree", "cdk:asset-manifest", "cdk:feature-flag-report"];

/** The stacks of a cloud assembly (`cdk.out`); throws an Error that tells what to do when there is none. */
export function readAssembly(directory: string): Stack[] {
  const manifest = readManifest(directory);
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const assets = new Map(artifacts.flatMap(([, artifact]) => readAssets(directory, artifact)));
  return artifacts
    .filter(([id, { type }]) => isStack(id, type))
    .map(([id, artifact]) => {
      const { templateFile = "", stackName = id, parameters = {} } = artifact.properties ?? {};
      return {
        name: stackName,
        ...environmentOf(artifact),
        template: readJson(join(directory, templateFile)),
        parameters,
        assets,
      };
    });
}

function readManifest(directory: string): { artifacts?: Record<string, Artifact> } {
  try {
    return readJson(join(directory, "manifest.json"));
  } catch (error) {
    throw new Error(
      `${resolve(directory)} is not a cloud assembly (${(error as Error).message}); \`npx cdk synth\` makes one`,
    );
  }
}

function isStack(id: string, type: string): boolean {
  if (type === "aws:cloudformation:stack") return true;
  if (IGNORED.includes(type)) return false;
  throw new Error(`Artifact ${id} has type ${type}, which local AWS does not deploy`);
}

function environmentOf({ environment = "" }: Artifact): { account: string; region: string } {
  const [, account = "", region = ""] = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment) ?? [];
  return {
    account: /^\d{12}$/.test(account) ? account : DEFAULT_ACCOUNT,
    region: region && region !== "unknown-region" ? region : DEFAULT_REGION,
  };
}

function readAssets(directory: string, { type, properties }: Artifact): [key: string, path: string][] {
  if (type !== "cdk:asset-manifest" || !properties?.file) return [];
  const { files = {} } = readJson<{ files?: Record<string, AssetFile> }>(join(directory, properties.file));
  return Object.values(files).flatMap(({ source, destinations }) =>
    Object.values(destinations).map(({ objectKey }): [string, string] => [
      objectKey,
      resolve(directory, source.path),
    ]),
  );
}

interface AssetFile {
  readonly source: { path: string };
  readonly destinations: Record<string, { objectKey: string }>;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8"));
}
