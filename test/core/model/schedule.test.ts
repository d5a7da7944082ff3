import * as z from "zod";
import { problemsOf } from "../../../core/model/problem.ts";
import { scheduleDefinition, scheduleProblem } from "../../../core/model/schedule.ts";

function problems(schedule: unknown): string[] {
  return problemsOf(scheduleDefinition, schedule).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("a schedule's expression", () => {
  test.each([
    "rate(1 minute)",
    "rate(2 minutes)",
    "rate(1 hour)",
    "rate(12 hours)",
    "rate(1 day)",
    "rate(30 days)",
    "rate(999999 minutes)",
    "cron(0 3 * * ? *)",
    "cron(* * * * ? *)",
    "cron(0 0 ? * * *)",
    "cron(59 23 31 12 ? 2199)",
    "cron(0 0 1 1 ? 1970)",
    "cron(00 03 01 01 ? *)",
    "cron(0/15 * * * ? *)",
    "cron(*/5 * * * ? *)",
    "cron(*/59 */23 */31 */12 ? */230)",
    "cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)",
    "cron(0,15,30-40,50/5 8-17 ? * MON-FRI *)",
    "cron(15 10 ? * 6L 2022-2023)",
    "cron(0 10 ? * FRIL *)",
    "cron(0 10 ? * L *)",
    "cron(0 10 ? * 3#2 *)",
    "cron(0 10 ? * TUE#5 *)",
    "cron(0 10 ? * SUN-SAT *)",
    "cron(0 10 ? * 1,SAT *)",
    "cron(0 8 L * ? *)",
    "cron(0 8 1W * ? *)",
    "cron(0 8 31W * ? *)",
    "cron(0 8 1,15 JAN,MAR-MAY ? *)",
    "cron(0 8 1-31/2 1/3 ? 2026/2)",
  ])("may be %s", (expression) => {
    expect(scheduleProblem(expression)).toBeUndefined();
  });

  const forms =
    "expected cron(minutes hours day-of-month month day-of-week year) or rate(<value> minutes|hours|days)";
  const rate = "expected a value from 1 to 999999, a space, and minutes, hours or days";
  const minutes = "expected 0-59, ranges, lists, steps such as 1/10, or *";
  const dayOfMonth = "expected 1-31, ranges, lists, steps such as 1/10, or *; or ?, L or <day>W alone";
  const month = "expected 1-12 or JAN-DEC, ranges, lists, steps such as 1/10, or *";
  const dayOfWeek = "expected 1-7 or SUN-SAT, ranges, lists, or *; or ?, L, <day>L or <day>#<1-5> alone";
  const year = "expected 1970-2199, ranges, lists, steps such as 1/10, or *";

  test.each([
    ["", `'' is no schedule; ${forms}`],
    ["daily", `'daily' is no schedule; ${forms}`],
    ["0 3 * * ? *", `'0 3 * * ? *' is no schedule; ${forms}`],
    ["CRON(0 3 * * ? *)", "is no schedule"],
    ["cron (0 3 * * ? *)", "is no schedule"],
    ["cron(0 3 * * ? *", "is no schedule"],
    [" rate(1 hour)", "is no schedule"],
    ["rate(1 hour) ", "is no schedule"],
    ["rate(1 hour)\n", "is no schedule"],
    ["at(2026-01-31T06:00:00)", `'at(2026-01-31T06:00:00)' runs once; ${forms}`],
    [`rate(1${" ".repeat(251)})`, " is longer than 256 characters"],
    ["rate()", `'rate()' has the rate ''; ${rate}`],
    ["rate(hour)", `has the rate 'hour'; ${rate}`],
    ["rate(1)", "has the rate '1'"],
    ["rate(0 hours)", "has the rate '0 hours'"],
    ["rate(-1 hours)", "has the rate '-1 hours'"],
    ["rate(1.5 hours)", "has the rate '1.5 hours'"],
    ["rate(05 minutes)", "has the rate '05 minutes'"],
    ["rate(1000000 minutes)", "has the rate '1000000 minutes'"],
    ["rate(1  hour)", "has the rate '1  hour'"],
    ["rate( 1 hour)", "has the rate ' 1 hour'"],
    ["rate(30 seconds)", "has the rate '30 seconds'"],
    ["rate(1 week)", "has the rate '1 week'"],
    ["rate(1 Hour)", "has the rate '1 Hour'"],
    ["rate(1 hours)", "'rate(1 hours)' has the unit 'hours' after 1; expected hour"],
    ["rate(2 day)", "has the unit 'day' after 2; expected days"],
    ["rate(10 minute)", "has the unit 'minute' after 10; expected minutes"],
    ["cron()", "has 0 fields; expected six: minutes hours day-of-month month day-of-week year"],
    ["cron(0 3 * * *)", "'cron(0 3 * * *)' has 5 fields; expected six: minutes"],
    ["cron(0 0 3 * * ? *)", "has 7 fields"],
    ["cron(0 3 * *  ? *)", "has other spaces than one between fields"],
    ["cron( 0 3 * * ? *)", "has other spaces than one between fields"],
    ["cron(0 3 * * ? *\n)", "has other spaces than one between fields"],
    ["cron(0\t3 * * ? *)", "has other spaces than one between fields"],
    ["cron(0 3 * * * *)", "has the day-of-month '*' and the day-of-week '*'; expected ? for one of them"],
    ["cron(0 3 ? * ? *)", "has the day-of-month '?' and the day-of-week '?'; expected ? for one of them"],
    ["cron(0 3 1 * MON *)", "has the day-of-month '1' and the day-of-week 'MON'; expected ? for one"],
    [
      "cron(60 3 * * ? *)",
      `'cron(60 3 * * ? *)' has the minutes '60': '60' is not among the values; ${minutes}`,
    ],
    ["cron(? 3 * * ? *)", `has the minutes '?': '?' is not among the values; ${minutes}`],
    ["cron(-1 3 * * ? *)", "has the minutes '-1': '' is not among the values"],
    ["cron(1.5 3 * * ? *)", "has the minutes '1.5': '1.5' is not among the values"],
    ["cron(000 3 * * ? *)", "has the minutes '000': '000' is not among the values"],
    ["cron(0, 3 * * ? *)", "has the minutes '0,': '' is not among the values"],
    ["cron(*/60 3 * * ? *)", `has the minutes '*/60': '60' is no step from 1 to 59; ${minutes}`],
    ["cron(0/0 3 * * ? *)", "has the minutes '0/0': '0' is no step from 1 to 59"],
    ["cron(0/ 3 * * ? *)", "has the minutes '0/': '' is no step from 1 to 59"],
    ["cron(/5 3 * * ? *)", "has the minutes '/5': '' is not among the values"],
    ["cron(0/5/5 3 * * ? *)", "has the minutes '0/5/5': '0/5/5' has more than one /"],
    ["cron(1-2-3 3 * * ? *)", "has the minutes '1-2-3': '1-2-3' has more than one -"],
    ["cron(*,5 3 * * ? *)", "has the minutes '*,5': '*' in a list"],
    ["cron(*-5 3 * * ? *)", "has the minutes '*-5': '*' is not among the values"],
    ["cron(0 24 * * ? *)", "has the hours '24': '24' is not among the values; expected 0-23, ranges"],
    ["cron(0 */24 * * ? *)", "has the hours '*/24': '24' is no step from 1 to 23"],
    ["cron(0 22-6 * * ? *)", "has the hours '22-6': '22-6' ends before it begins, and needs two ranges"],
    ["cron(0 3 0 * ? *)", `has the day-of-month '0': '0' is not among the values; ${dayOfMonth}`],
    ["cron(0 3 32 * ? *)", `has the day-of-month '32': '32' is not among the values; ${dayOfMonth}`],
    ["cron(0 3 LW * ? *)", "has the day-of-month 'LW': 'LW' is not among the values"],
    ["cron(0 3 L-3 * ? *)", "has the day-of-month 'L-3': 'L' is not among the values"],
    ["cron(0 3 1,L * ? *)", "has the day-of-month '1,L': 'L' is not among the values"],
    ["cron(0 3 W * ? *)", "has the day-of-month 'W'"],
    ["cron(0 3 0W * ? *)", "has the day-of-month '0W'"],
    ["cron(0 3 32W * ? *)", "has the day-of-month '32W'"],
    ["cron(0 3 1#2 * ? *)", "has the day-of-month '1#2'"],
    ["cron(0 3 MON * ? *)", "has the day-of-month 'MON'"],
    ["cron(0 3 * 0 ? *)", `has the month '0': '0' is not among the values; ${month}`],
    ["cron(0 3 * 13 ? *)", "has the month '13'"],
    ["cron(0 3 * Jan ? *)", "has the month 'Jan': 'Jan' is not among the values"],
    ["cron(0 3 * JANUARY ? *)", "has the month 'JANUARY'"],
    ["cron(0 3 * NOV-FEB ? *)", "has the month 'NOV-FEB': 'NOV-FEB' ends before it begins"],
    ["cron(0 3 * */13 ? *)", "'13' is no step from 1 to 12"],
    ["cron(0 3 * ? ? *)", "has the month '?'"],
    ["cron(0 3 ? * 0 *)", `has the day-of-week '0': '0' is not among the values; ${dayOfWeek}`],
    ["cron(0 3 ? * 8 *)", "has the day-of-week '8'"],
    ["cron(0 3 ? * mon *)", "has the day-of-week 'mon'"],
    ["cron(0 3 ? * FRI-MON *)", "has the day-of-week 'FRI-MON': 'FRI-MON' ends before it begins"],
    ["cron(0 3 ? * 2/2 *)", "has the day-of-week '2/2': '2/2' has a step, which this field has not"],
    ["cron(0 3 ? * 3#0 *)", "has the day-of-week '3#0'"],
    ["cron(0 3 ? * 3#6 *)", "has the day-of-week '3#6'"],
    ["cron(0 3 ? * 8#1 *)", "has the day-of-week '8#1'"],
    ["cron(0 3 ? * 3#1,6#3 *)", "has the day-of-week '3#1,6#3': '3#1' is not among the values"],
    ["cron(0 3 ? * 2W *)", "has the day-of-week '2W'"],
    ["cron(0 3 * * ? 1969)", `has the year '1969': '1969' is not among the values; ${year}`],
    ["cron(0 3 * * ? 2200)", "has the year '2200'"],
    ["cron(0 3 * * ? 26)", "has the year '26'"],
    ["cron(0 3 * * ? ?)", "has the year '?'"],
    ["cron(0 3 * * ? 2026/231)", "has the year '2026/231': '231' is no step from 1 to 230"],
    ["cron(0 3 * * ? 2030-2026)", "has the year '2030-2026': '2030-2026' ends before it begins"],
  ])("%j is refused", (expression, message) => {
    expect(scheduleProblem(expression)).toContain(message);
  });

  test("may have 256 characters", () => {
    const start = `cron(${"1,".repeat(119)}`;
    const end = "1 1 1 1 ? *)";
    expect(`${start}${end}`).toHaveLength(255);
    expect(scheduleProblem(`${start}${"0"}${end}`)).toBeUndefined();
    expect(scheduleProblem(`${start}${"1,"}${end}`)).toContain("is longer than 256 characters");
  });
});

describe("a schedule", () => {
  const expression = "cron(0 3 * * ? *)";

  test.each([
    { expression },
    { expression, flexibleMinutes: 1 },
    { expression, flexibleMinutes: 1440 },
    ...[
      "UTC",
      "GMT",
      "Europe/Berlin",
      "Europe/Kyiv",
      "Asia/Kolkata",
      "Asia/Calcutta",
      "America/New_York",
      "America/Argentina/Buenos_Aires",
      "America/Port-au-Prince",
      "Etc/GMT+5",
      "US/Pacific",
    ].map((timezone) => ({ expression, timezone })),
  ])("may be %j", (schedule) => {
    expect(problems(schedule)).toEqual([]);
  });

  const noMinutes = "expected a whole number of minutes from 1 to 1,440";
  const noZone = "is no time zone; expected UTC, or a name of the IANA database such as Europe/Berlin";
  const refused: [schedule: unknown, ...messages: string[]][] = [
    ["rate(1 hour)", ": expected an object with fields, and it is a text"],
    [{}, "expression: is required"],
    [{ expression: 7 }, "expression: 7 is a number; put it in quotes"],
    [{ expression: "rate(1 hours)" }, "expression: 'rate(1 hours)' has the unit 'hours' after 1"],
    [{ expression, every: 1 }, "every: no such field; the fields are expression, timezone, flexibleMinutes"],
    ...[0, -1, 1.5, 1441, Number.NaN].map((flexibleMinutes): [unknown, string] => [
      { expression, flexibleMinutes },
      `flexibleMinutes: is ${flexibleMinutes}; ${noMinutes}`,
    ]),
    [{ expression, flexibleMinutes: "15" }, "flexibleMinutes: expected a number, and it is "],
    ...["", "Mars/Olympus", "Berlin", "CEST", "PST", "JST", "Japan", "+01:00", "Z", "Europe/Berlin "].map(
      (timezone): [unknown, string] => [{ expression, timezone }, `timezone: '${timezone}' ${noZone}`],
    ),
    ...["utc", "europe/berlin", "asia/kolkata"].map((timezone): [unknown, string] => [
      { expression, timezone },
      `timezone: '${timezone}' ${noZone}`,
    ]),
    [{ expression, timezone: "Europe/BERLIN" }, `${noZone}; it is written Europe/Berlin`],
    [
      { expression: "daily", timezone: "Berlin", flexibleMinutes: 0 },
      "expression: 'daily'",
      "timezone: 'Berlin'",
      "flexibleMinutes: is 0",
    ],
  ];
  test.each(refused)("is not %j", (schedule, ...messages) => {
    expect(problems(schedule)).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  test("has a schema that says what it accepts", () => {
    expect(z.toJSONSchema(scheduleDefinition)).toMatchObject({
      additionalProperties: false,
      required: ["expression"],
      properties: { timezone: { default: "UTC" }, flexibleMinutes: { minimum: 1, maximum: 1440 } },
    });
  });
});
