import { requestOptions } from "../../cli/copy-arguments.ts";
import { help } from "../../cli/help.ts";
import { ruleCommandOptions } from "../../cli/rule-arguments.ts";
import { requestShape } from "../../core/model/request.ts";

test("help fits a terminal of 110 columns and ends with a line break", () => {
  expect(
    Math.max(
      ...help()
        .split("\n")
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(110);
  expect(help().endsWith(".\n")).toBe(true);
});

test.each([
  ...Object.keys(requestOptions).map((name) => `--${name}`),
  ...Object.values(ruleCommandOptions).flatMap((options) => Object.keys(options).map((name) => `--${name}`)),
  "--plan",
  "--state-machine",
  "--work-bucket",
  "--allow-insecure",
  "--create-repository",
  "--json",
  "--help",
  "--version",
])("help tells %s", (option) => {
  expect(help()).toMatch(new RegExp(`^  .*${option}\\b.* {2,}\\S`, "m"));
});

test("help and the request's schema tell that a plan inflates a compressed archive", () => {
  const told = /copy nothing.* compressed\s+archive is inflated/;
  expect(help().slice(help().indexOf("--plan"))).toMatch(told);
  expect(requestShape.mode.meta()?.description).toMatch(/copies nothing.* compressed archive is inflated/);
});

test("help tells that what is inflated into a work bucket stays there", () => {
  expect(help().slice(help().indexOf("--work-bucket"))).toMatch(
    /^--work-bucket .*\n +it stays there until you/,
  );
});

test.each(["--rule", "--config"])("help says of %s that status does not take it", (option) => {
  expect(ruleCommandOptions.status).not.toHaveProperty(option.slice(2));
  expect(help()).toMatch(new RegExp(`^ +${option} .*\\(not status\\)$`, "m"));
});

test("help tells the arguments in their order, and what every exit status means", () => {
  expect(help()).toContain("copy SOURCE DESTINATION [SOURCE_ROLE [DESTINATION_ROLE]]");
  expect(help()).toMatch(
    /0 copied, planned, in sync or still running; 1 failed; 2 wrong usage; 130 interrupted/,
  );
});
