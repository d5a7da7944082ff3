import { parseDestinationPattern, parseSourcePattern } from "../../../core/model/repository-pattern.ts";

const east = "111111111111.dkr.ecr.us-east-1.amazonaws.com";
const digest = `sha256:${"0".repeat(64)}`;

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

describe("parseSourcePattern", () => {
  const accepted: [string, string, string, string][] = [
    [`${east}/team/app`, "ecr", east, "team/app"],
    [`${east}/team/*`, "ecr", east, "team/*"],
    [`${east}/*`, "ecr", east, "*"],
    [`${east}/team*`, "ecr", east, "team*"],
    [`${east}/*/prod`, "ecr", east, "*/prod"],
    [`${east}/team/*-api`, "ecr", east, "team/*-api"],
    ["nginx", "registry", "docker.io", "library/nginx"],
    ["docker.io/bitnami/*", "registry", "docker.io", "bitnami/*"],
    ["ghcr.io/*", "registry", "ghcr.io", "*"],
    ["localhost:5000/team/*", "registry", "localhost:5000", "team/*"],
  ];
  test.each(accepted)("reads %s", (text, kind, host, name) => {
    expect(parseSourcePattern(text)).toMatchObject({ kind, repository: { host, name } });
  });

  const refused: [string, string][] = [
    [`${east}/*/*`, `'${east}/*/*' has 2 *; at most one is accepted`],
    [`${east}/**`, "has 2 *"],
    [`*.dkr.ecr.us-east-1.amazonaws.com/app`, "has its * before the first /, where the registry's host is"],
    ["*/app", "has its * before the first /"],
    [`${east}/app:1`, "names one image; expected a repository without a tag"],
    [`${east}/app@${digest}`, "names one image"],
    [`${east}/app:*`, "names one image"],
    ["localhost:5000/app:1", "names one image"],
    ["nginx:latest", "names one image"],
    ["s3://bucket/app.tar", "'s3://bucket/app.tar' is an archive; expected a repository"],
    ["s3://bucket/*.tar", "'s3://bucket/*.tar' is an archive"],
    [`${east}/Team/*`, "'Team/*' is no ECR repository name"],
    [`${east}/team//*`, "'team//*' is no ECR repository name"],
    [`${east}`, `'${east}' is no image in ECR`],
    ["https://ghcr.io/team/*", "begins with 'https://'; leave that out"],
    ["", "names no repository"],
  ];
  test.each(refused)("refuses %s", (text, message) => {
    const said = messageOf(() => parseSourcePattern(text));
    expect(said).toContain(message);
    expect(said).not.toContain("0any0");
  });
});

describe("parseDestinationPattern", () => {
  test.each(["team/app", "team/*", "*", "mirror/*-api"])("reads %s in its registry", (name) => {
    expect(parseDestinationPattern(`${east}/${name}`)).toMatchObject({
      host: east,
      account: "111111111111",
      region: "us-east-1",
      name,
    });
  });

  test.each([
    [`${east}/app:1`, "names one image; expected a repository without a tag"],
    [`${east}/*:1`, `'${east}/*:1' names one image`],
    [`${east}/app@${digest}`, "names one image"],
    [`${east}/*/*`, "has 2 *"],
    ["ghcr.io/team/*", "'ghcr.io' is no ECR registry; expected a repository without a tag"],
    ["team", "'team' is no image in ECR; expected a repository without a tag"],
    [`${east}/{name}`, "'{name}' is no ECR repository name"],
    [`${east}/-*`, "'-*' is no ECR repository name"],
  ])("refuses %s", (text, message) => {
    const said = messageOf(() => parseDestinationPattern(text));
    expect(said).toContain(message);
    expect(said).not.toContain("0any0");
  });
});
