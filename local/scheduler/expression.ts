import { checkCron } from "./cron.ts";

// API reference, CreateSchedule.
const LONGEST = 256;
const RATE = /^[1-9]\d*$/;
const UNITS = ["minute", "hour", "day"];

/** Checks a ScheduleExpression, `cron(…)`, `rate(…)` or `at(…)`; throws an Error that names what is wrong with it. */
export function checkExpression(expression: unknown, where: string): void {
  const text = String(expression);
  const [, kind = "", inside = ""] = /^(cron|rate|at)\((.*)\)$/s.exec(text) ?? [];
  if (typeof expression !== "string" || text.length > LONGEST || !kind)
    throw new Error(`${where} is ${text}; cron(…), rate(…) or at(…) would be accepted`);
  if (kind === "cron") checkCron(inside, where);
  else if (kind === "rate") checkRate(inside, where);
  else if (!isTime(inside)) throw new Error(`${where} is ${text}; at(yyyy-mm-ddThh:mm:ss) would be accepted`);
}

function checkRate(rate: string, where: string): void {
  const [value = "", unit, ...more] = rate.split(" ");
  const units = UNITS.map((one) => (value === "1" ? one : `${one}s`));
  if (RATE.test(value) && units.includes(String(unit)) && more.length === 0) return;
  throw new Error(`${where} is rate(${rate}); a number from 1 and ${units.join(", ")} would be accepted`);
}

function isTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)) return false;
  const time = new Date(`${text}Z`);
  // A day that the month does not have would be one of the next.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

/** Checks a ScheduleExpressionTimezone, a name of the IANA database; throws an Error that names it. */
export function checkTimezone(zone: unknown, where: string): void {
  try {
    if (typeof zone !== "string" || !/^[A-Z][\w+/-]*$/.test(zone)) throw new RangeError();
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    throw new Error(`${where} is ${zone}; a time zone such as Europe/Berlin would be accepted`);
  }
}
