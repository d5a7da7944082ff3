import * as z from "zod";
import { type Problem, problemsOf } from "./problem.ts";
import { parseDestinationPattern, parseSourcePattern } from "./repository-pattern.ts";
import { checkDestination, type Request, readableBy, requestFields, requestShape } from "./request.ts";
import { ruleContradictions } from "./rule-contradictions.ts";
import { ruleName } from "./rule-name.ts";
import { bucketNameForm } from "./s3-object.ts";
import { scheduleDefinition } from "./schedule.ts";
import { tagFilterDefinition } from "./tag-filter.ts";

const leaveOut = { error: "is empty; leave it out" };

// S3's longest key (Amazon S3 User Guide, "Object key naming guidelines").
const keyPart = z.string().min(1, leaveOut).max(1024, { error: "is longer than a key, 1,024 characters" });

const suffix = z.union([keyPart, z.array(keyPart).min(1, leaveOut)], {
  error: "expected the end of a key, such as .tar, or a list of such",
});

const noBucketName = ({ input }: { input?: unknown }) =>
  `'${input}' is no bucket name: ${bucketNameForm.accepted}`;

const uploads = z.strictObject({
  bucket: z.string().regex(bucketNameForm.pattern, { error: noBucketName }).meta({
    description:
      "The bucket that is watched: of the pipeline's account and Region, with events to EventBridge on.",
  }),
  prefix: keyPart.optional().meta({ description: "What the key has to begin with.", examples: ["images/"] }),
  suffix: suffix.optional().meta({
    description: "What the key has to end with; of a list, with any of it.",
    examples: [[".tar", ".tar.gz"]],
  }),
});

const trigger = z
  .strictObject({
    s3: uploads.optional().meta({ description: "Every upload of an object: the object is the source." }),
    schedule: scheduleDefinition.optional().meta({ description: "Times, at which the whole rule is run." }),
    ecrPush: z
      .literal(true, { error: "expected true" })
      .optional()
      .meta({ description: "Every push of a tag that the rule selects, in the source's repositories." }),
  })
  .refine((kinds) => Object.values(kinds).filter((kind) => kind !== undefined).length === 1, {
    error: "expected exactly one of s3, schedule and ecrPush",
  })
  .meta({ description: "What starts the rule: of one kind." });

const boolean = (description: string) =>
  z
    .boolean({ error: ({ input }) => `expected true or false, and it is of type ${typeof input}` })
    .optional()
    .meta({ description, default: false });

const wholeNumber = (least: number, most: number) => {
  const error = ({ input }: { input?: unknown }) =>
    `'${input}' is not a whole number from ${least} to ${most.toLocaleString("en")}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

const noCount = ({ input }: { input?: unknown }) =>
  `'${input}' is neither a whole number from 0 to 100,000 nor a percentage from 0% to 100%`;

const noPruneForm = "expected true, or settings such as { maxDeletes: 10%, protect: [latest] }";

const pruneSettings = z.strictObject({
  maxDeletes: z
    .union(
      [
        z.int({ error: noCount }).min(0, { error: noCount }).max(100_000, { error: noCount }),
        z.string().regex(/^(100|[1-9]?\d)%$/, { error: noCount }),
      ],
      { error: noCount },
    )
    .optional()
    .meta({
      description:
        "The most tags that one run deletes: a number, or a percentage of those that the rule owns at the destination, rounded down, but at least one above 0%. If there are more to delete, none is, and the run fails.",
      default: "10%",
    }),
  protect: tagFilterDefinition.shape.include
    .unwrap()
    .optional()
    .meta({ description: "Tags that are never deleted: patterns as in tags.", examples: [["latest"]] }),
  repositories: boolean(
    "Whether the tags of repositories that are not at the source (any more) are deleted, too: then every repository of the destination's pattern is taken for the rule's.",
  ),
});

const pruneForms = z.union([z.literal(true), pruneSettings]);
const { $schema: _$schema, ...pruneJson } = z.toJSONSchema(pruneForms);

/** No plain union, since what is wrong inside one form of a union is not always said at its own path. */
const prune = z
  .unknown()
  .superRefine((input, context) => {
    if (input === true) return;
    const isSettings = typeof input === "object" && input !== null && !Array.isArray(input);
    const problems = isSettings ? problemsOf(pruneSettings, input) : [{ path: [], message: noPruneForm }];
    for (const { path, message } of problems) context.addIssue({ code: "custom", path: [...path], message });
  })
  .meta({
    ...pruneJson,
    description:
      "Deletes at the destination the tags that the rule's filters name and that the source no longer has, or no longer selects. Without it nothing is deleted.",
  }) as unknown as z.ZodType<z.infer<typeof pruneForms>>;

const { source: _source, mode: _mode, rule: _rule, destination: _destination, ...fields } = requestShape;

/** What a rule consists of: a request for the images of repositories, or for what is uploaded, and what starts it. */
export const ruleDefinition = z.strictObject({
  name: ruleName,
  source: readableBy(parseSourcePattern)
    .optional()
    .meta({
      description:
        "The repositories to copy from, in ECR or any other registry: one, or with a * those that match. Left out by rules that uploads start.",
      examples: ["111111111111.dkr.ecr.us-east-1.amazonaws.com/team/*", "docker.io/library/nginx"],
    }),
  destination: readableBy((text) =>
    text.includes("*") ? parseDestinationPattern(text) : checkDestination(text),
  ).meta({
    description:
      "Where to: a repository of ECR, whose * stands for what that of the source does; images keep their tags. Of uploads as in a request, with placeholders.",
    examples: [
      "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/team/*",
      "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest",
    ],
  }),
  ...fields,
  tags: tagFilterDefinition.optional().meta({ description: "Which tags are copied; without it, all." }),
  untagged: boolean("Whether images of ECR without a tag are copied, too."),
  concurrency: wholeNumber(1, 1_000)
    .optional()
    .meta({ description: "How many images are copied at once.", default: 40 }),
  mustSelect: boolean(
    "Whether it is a failure that a run finds no image to keep in step, not only a warning.",
  ),
  prune: prune.optional(),
  alarmAfterHours: wholeNumber(1, 168)
    .optional()
    .meta({
      description: "An alarm goes off when in so many hours no run has found or brought all images in step.",
      examples: [26],
    }),
  triggers: z
    .array(trigger)
    .min(1, { error: "is empty; leave it out if the rule is started by hand only" })
    .optional()
    .meta({ description: "What starts the rule: any of these. It may always be started by hand." }),
});

/** What is kept in step, or copied again and again, and what starts it. */
export type Rule = z.infer<typeof ruleDefinition>;

/** A rule for repositories, not for uploads. */
export type RepositoryRule = Rule & { readonly source: string };

/** What starts a rule: of one kind. */
export type Trigger = z.infer<typeof trigger>;

/** Whether a rule is for repositories. */
export function hasRepositories(rule: Rule): rule is RepositoryRule {
  return rule.source !== undefined;
}

/** The fields that all requests of a rule have in common, its name among them; not where from and where to. */
export function requestFieldsOf(rule: Rule): Omit<Request, "source" | "destination"> {
  const names: readonly string[] = requestFields;
  const shared = Object.entries(rule).filter(
    ([field]) => names.includes(field) && field !== "source" && field !== "destination",
  );
  return { rule: rule.name, ...Object.fromEntries(shared) };
}

/** Everything that is wrong with a list of rules. */
export function ruleProblems(rules: unknown): Problem[] {
  return [...problemsOf(z.array(ruleDefinition), rules), ...ruleContradictions(rules)];
}
