import { checkExpression, checkTimezone } from "../../../local/scheduler/expression.ts";

test.each([
  "cron(0 3 * * ? *)",
  "cron(0/15 8-18 ? * MON-FRI 2026-2199)",
  "cron(0,30 */6 L JAN,JUL ? *)",
  "cron(59 23 31 12 ? 1970)",
  "cron(0 0 15W * ? *)",
  "cron(0 0 ? * 6L *)",
  "cron(0 0 ? * 2#1 *)",
  "cron(0 0 ? * L *)",
  "cron(0 0 1-7,15/2 * ? *)",
  "rate(1 minute)",
  "rate(1 hour)",
  "rate(2 days)",
  "rate(90 minutes)",
  "at(2028-02-29T23:59:59)",
])("%s is accepted", (expression) => {
  expect(() => checkExpression(expression, "It")).not.toThrow();
});

test.each([
  [undefined, "cron(…), rate(…) or at(…) would be accepted"],
  ["", "cron(…)"],
  ["0 3 * * ? *", "cron(…)"],
  ["Cron(0 3 * * ? *)", "cron(…)"],
  [`cron(${"0,".repeat(130)}0 3 * * ? *)`, "cron(…)"],
  ["cron(0 3 * * *)", "has 5 fields"],
  ["cron(0 3 * * ? * *)", "has 7 fields"],
  ["cron(0  3 * * ? *)", "has 7 fields"],
  ["cron(60 3 * * ? *)", "minutes is 60; 0 to 59"],
  ["cron(? 3 * * ? *)", "minutes is ?"],
  ["cron(0 24 * * ? *)", "hours is 24"],
  ["cron(0 -1 * * ? *)", "hours is -1"],
  ["cron(0 3 0 * ? *)", "day of month is 0; 1 to 31"],
  ["cron(0 3 32 * ? *)", "day of month is 32"],
  ["cron(0 3 32W * ? *)", "day of month is 32W"],
  ["cron(0 3 L-3 * ? *)", "day of month is L-3"],
  ["cron(0 3 * 13 ? *)", "month is 13; 1 to 12 or JAN to DEC"],
  ["cron(0 3 * jan ? *)", "month is jan"],
  ["cron(0 3 ? * 8 *)", "day of week is 8; 1 to 7 or SUN to SAT"],
  ["cron(0 3 ? * 0 *)", "day of week is 0"],
  ["cron(0 3 ? * 2#6 *)", "day of week is 2#6"],
  ["cron(0 3 ? * 2/2 *)", "day of week is 2/2"],
  ["cron(0 3 ? * FRI-MON *)", "day of week is FRI-MON"],
  ["cron(0 3 * * ? 1969)", "year is 1969; 1970 to 2199"],
  ["cron(0 3 * * ? 2200)", "year is 2200"],
  ["cron(5-1 3 * * ? *)", "minutes is 5-1"],
  ["cron(1-2-3 3 * * ? *)", "minutes is 1-2-3"],
  ["cron(0/0 3 * * ? *)", "minutes is 0/0"],
  ["cron(0/61 3 * * ? *)", "minutes is 0/61"],
  ["cron(0/5/5 3 * * ? *)", "minutes is 0/5/5"],
  ["cron(1, 3 * * ? *)", "minutes is 1,"],
  ["cron(*,1 3 * * ? *)", "minutes is *,1"],
  ["cron(0 3 * * * *)", "one of day of month and day of week"],
  ["cron(0 3 ? * ? *)", "one of day of month and day of week"],
  ["rate(0 hours)", "rate(0 hours); a number from 1"],
  ["rate(1 hours)", "minute, hour, day would be accepted"],
  ["rate(2 hour)", "minutes, hours, days would be accepted"],
  ["rate(1.5 hours)", "rate(1.5 hours)"],
  ["rate(2 weeks)", "rate(2 weeks)"],
  ["rate(2  hours)", "rate(2  hours)"],
  ["at(2027-02-29T00:00:00)", "at(yyyy-mm-ddThh:mm:ss) would be accepted"],
  ["at(2027-02-28T24:00:00)", "at(yyyy-mm-ddThh:mm:ss)"],
  ["at(2027-02-28T00:00:00Z)", "at(yyyy-mm-ddThh:mm:ss)"],
])("%s is refused", (expression, text) => {
  expect(() => checkExpression(expression, "It")).toThrow(text);
});

test.each(["UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])(
  "zone %s is accepted",
  (zone) => {
    expect(() => checkTimezone(zone, "It")).not.toThrow();
  },
);

test.each(["", "Europe/Nowhere", "+01:00", "europe/berlin", 1])("zone %s is refused", (zone) => {
  expect(() => checkTimezone(zone, "It")).toThrow(`It is ${zone}`);
});
