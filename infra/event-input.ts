import { Fn, Lazy, Stack, Token } from "aws-cdk-lib";
import type { RuleTargetInput } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";

// InputTemplate, in characters (Amazon EventBridge API Reference, InputTransformer).
const maxTemplate = 8192;

/** What a target is given: what is known of a rule, and fields of the event by their names. */
export interface EventInputProps {
  readonly rule: string;
  readonly known: Readonly<Record<string, unknown>>;
  readonly fields: readonly string[];
}

/**
 * The input of an event rule's target. In its template `<` begins the name of a field of the event, so what is known is
 * written without it (JSON allows `\\u003c`): a range of versions may have it. Throws an Error that names the rule when
 * there is too much of it for EventBridge.
 */
export function eventInput(scope: Construct, { rule, known, fields }: EventInputProps): RuleTargetInput {
  const placeholders = fields.map((field) => `"${field}":<${field}>`);
  const template = (write: (value: unknown) => string) => {
    const entries = Object.entries(known).map(([name, value]) => `"${name}":${write(value)}`);
    return `{${[...entries, ...placeholders].join(",")}}`;
  };
  const { length } = template((value) => escaped(JSON.stringify(value)));
  if (length > maxTemplate) {
    throw new Error(
      `rules (rule "${rule}"): its settings make an input of ${length} characters, and EventBridge takes ${maxTemplate}; give its createRepository shorter policies, or start it by schedules only`,
    );
  }
  return {
    bind: () => ({
      inputPathsMap: Object.fromEntries(fields.map((field) => [field, `$.${field}`])),
      inputTemplate: template((value) => written(scope, value)),
    }),
  };
}

/** A value as JSON for a template, with what is known only at deployment. */
function written(scope: Construct, value: unknown): string {
  const json = Stack.of(scope).toJsonString(value);
  return Token.asString(
    Lazy.uncachedAny({
      produce: (context) => {
        const resolved: Resolved = context.resolve(json);
        if (typeof resolved === "string") return escaped(resolved);
        const [separator, parts] = resolved["Fn::Join"];
        return Fn.join(
          separator,
          parts.map((part) => (typeof part === "string" ? escaped(part) : Token.asString(part))),
        );
      },
    }),
  );
}

type Resolved = string | { readonly "Fn::Join": readonly [string, readonly unknown[]] };

function escaped(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
