import * as z from "zod";
import { cronForm, cronProblem } from "./cron.ts";
import { quoted } from "./quoted.ts";

/** What the expression of a schedule looks like, for messages. */
export const scheduleForm = `cron(${cronForm}) or rate(<value> minutes|hours|days)`;

// The longest ScheduleExpression (EventBridge Scheduler API Reference, CreateSchedule).
const longest = 256;

/**
 * What is wrong with the expression of a schedule that recurs, if anything is (EventBridge Scheduler User Guide,
 * "Schedule types").
 */
export function scheduleProblem(expression: string): string | undefined {
  const name = quoted(expression);
  if (expression.length > longest) return `${name} is longer than ${longest} characters`;
  const [, kind, inside = ""] = /^(cron|rate|at)\((.*)\)$/s.exec(expression) ?? [];
  if (kind === undefined) return `${name} is no schedule; expected ${scheduleForm}`;
  if (kind === "at") return `${name} runs once; expected ${scheduleForm}`;
  const problem = kind === "cron" ? cronProblem(inside) : rateProblem(inside);
  return problem && `${name} ${problem}`;
}

function rateProblem(rate: string): string | undefined {
  // Scheduler names no most; 999,999 days are more than two thousand years.
  const [, value, unit, plural] = /^([1-9]\d{0,5}) (minute|hour|day)(s?)$/.exec(rate) ?? [];
  if (value === undefined) {
    return `has the rate ${quoted(rate)}; expected a value from 1 to 999999, a space, and minutes, hours or days`;
  }
  const right = value === "1" ? "" : "s";
  return plural === right
    ? undefined
    : `has the unit '${unit}${plural}' after ${value}; expected ${unit}${right}`;
}

/** What is wrong with the name of a time zone, if anything is. */
function timezoneProblem(zone: string): string | undefined {
  const problem = `${quoted(zone)} is no time zone; expected UTC, or a name of the IANA database such as Europe/Berlin`;
  const known = canonical(zone);
  // What has no area is, but for these two, an abbreviation or a country: names that not every program knows.
  if (known === undefined || !/^(UTC|GMT|[A-Z]\w*(\/[A-Z][\w+-]*)+)$/.test(zone)) return problem;
  const isOtherCase = zone !== known && zone.toLowerCase() === known.toLowerCase();
  return isOtherCase ? `${problem}; it is written ${known}` : undefined;
}

function canonical(zone: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function textWithout(problemOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message) context.addIssue({ code: "custom", message });
  });
}

const noMinutes = ({ input }: { input?: unknown }) =>
  typeof input === "number" ? `is ${input}; expected a whole number of minutes from 1 to 1,440` : undefined;

/** When something is started again and again. */
export const scheduleDefinition = z.strictObject({
  expression: textWithout(scheduleProblem).meta({
    description: `When, ${scheduleForm}, as EventBridge Scheduler has it.`,
    examples: ["cron(0 3 * * ? *)", "rate(1 hour)"],
  }),
  timezone: textWithout(timezoneProblem)
    .optional()
    .meta({
      description: "The time zone of a cron expression.",
      default: "UTC",
      examples: ["Europe/Berlin"],
    }),
  // MaximumWindowInMinutes (EventBridge Scheduler API Reference, FlexibleTimeWindow).
  flexibleMinutes: z
    .int({ error: noMinutes })
    .min(1, { error: noMinutes })
    .max(1440, { error: noMinutes })
    .optional()
    .meta({
      description: "Within how many minutes after that it may be started; without it, at once.",
      examples: [15],
    }),
});

/** A schedule that recurs. */
export type Schedule = z.infer<typeof scheduleDefinition>;
