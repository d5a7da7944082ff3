import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, type IPolicyValidationPlugin, Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import { ImageReplicator } from "../../infra/image-replicator.ts";
import type { ImageReplicatorProps } from "../../infra/image-replicator-props.ts";
import { readReplicationFile } from "../../infra/replication-file.ts";
import { addStacks } from "../../infra/stacks.ts";

const context = JSON.parse(readFileSync("cdk.json", "utf8")).context as Record<string, unknown>;

/** Something that an `App` is filled with. */
export type Fill = (app: App) => void;

/** The app as `replication.yaml` deploys it. */
export const deployable: Fill = (app) => addStacks(app, readReplicationFile("replication.yaml"));

/** An app with one replicator in it. */
export function replicatorWith(props: ImageReplicatorProps): Fill {
  return (app) => {
    const env = { account: "333333333333", region: "eu-central-1" };
    new ImageReplicator(new Stack(app, "Stack", { env }), "Replicator", props);
  };
}

/** What a plugin finds in a resource. */
export interface Finding {
  /** The path of its construct, or of its template where it has none. */
  readonly resource: string;
  readonly rule: string;
  readonly text: string;
}

/** What the plugins find in an app and the app does not accept. */
export function findingsOf(fill: Fill, plugins: readonly IPolicyValidationPlugin[]): Finding[] {
  // Otherwise synthesis throws, with a text that is hard to read.
  const app = new App({ context: { ...context, "@aws-cdk/core:failSynthOnValidationErrors": false } });
  fill(app);
  Validations.of(app).addPlugins(...plugins);
  const file = join(app.synth().directory, "validation-report.json");
  const { pluginReports } = JSON.parse(readFileSync(file, "utf8")) as Report;
  for (const { pluginName, conclusion, violations, metadata } of pluginReports) {
    if (conclusion === "failure" && violations.length === 0) {
      throw new Error(`${pluginName} did not work: ${JSON.stringify(metadata)}`);
    }
  }
  return pluginReports.flatMap(({ violations }) => violations).flatMap(perResource);
}

/** Each finding in words, with what to do about it. */
export function inWords(findings: readonly Finding[]): string {
  const accepting =
    "Change the resource, or say beside it why it is so: see infra/accept.ts and infra/accept-wildcards.ts.";
  const each = findings.map(({ resource, rule, text }) => `${resource}\n    ${rule}\n    ${text}`);
  return findings.length === 0 ? "" : `${[...each, accepting].join("\n")}\n`;
}

/** The rules that an app accepts, by the path of the construct that does. */
export function acceptedBy(fill: Fill): { construct: string; rule: string; reason: string }[] {
  const app = new App({ context });
  fill(app);
  return app.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => ({
        construct: construct.node.path,
        rule: id.replace(/^\w+(-\w+)*::/, ""),
        reason,
      })),
  );
}

/** What the plugins would find, if nothing were accepted. */
export function everyFindingOf(fill: Fill, plugins: readonly IPolicyValidationPlugin[]): Finding[] {
  return findingsOf((app) => {
    fill(app);
    for (const { node } of app.node.findAll()) forgetAccepted(node);
  }, plugins);
}

function forgetAccepted(node: IConstruct["node"]): void {
  const metadata = node.metadata.filter(({ type }) => type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
  Object.defineProperty(node, "metadata", { value: metadata });
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly Violation[];
    readonly metadata?: unknown;
  }[];
}

interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly suggestedFix?: string;
  readonly violatingConstructs: readonly {
    readonly constructPath?: string;
    readonly cloudFormationResource?: { readonly templatePath: string; readonly logicalId: string };
  }[];
}

function perResource({ ruleName, description, suggestedFix, violatingConstructs }: Violation): Finding[] {
  const text = suggestedFix === undefined ? description : `${description}. ${suggestedFix}`;
  return violatingConstructs.map(({ constructPath, cloudFormationResource: at }) => ({
    resource: constructPath ?? `${at?.templatePath} ${at?.logicalId}`,
    rule: ruleName,
    text,
  }));
}
