import * as z from "zod";

/** The name of a rule. */
export const ruleName = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, {
    error: ({ input }) => `'${input}' is no name of a rule; expected 1 to 40 of a-z, 0-9 and '-'`,
  })
  .meta({ description: "The name of the rule, with which the names of its executions begin." });
