import type { Caller } from "../../../local/http.ts";
import { authorizeBy } from "../../../local/iam/authorize.ts";
import { parsePolicy } from "../../../local/iam/policy.ts";
import { Roles } from "../../../local/iam/roles.ts";
import { parseTrust, trusts, trustsService } from "../../../local/iam/trust.ts";

const ADMINISTRATOR: Caller = {
  account: "111111111111",
  region: "eu-central-1",
  arn: "arn:aws:iam::111111111111:root",
};
const SESSION: Caller = {
  account: "111111111111",
  region: "eu-central-1",
  arn: "arn:aws:sts::111111111111:assumed-role/Reader/me",
};
const repository = (name: string, account = "111111111111") =>
  `arn:aws:ecr:eu-central-1:${account}:repository/${name}`;

/** Whether a session of role Reader with these statements may do this. */
function may(statements: object[], action: string, resource: string): boolean {
  const roles = new Roles();
  const trust = parseTrust({ Statement: [] }, "trust");
  const base = {
    arn: "arn:aws:iam::111111111111:role/team/Reader",
    name: "Reader",
    account: "111111111111",
    maxSessionSeconds: 3600,
  };
  roles.add({ ...base, trust, statements: parsePolicy({ Statement: statements }, "policy") });
  try {
    authorizeBy(roles)(SESSION, action, resource);
    return true;
  } catch {
    return false;
  }
}

describe("identity policies", () => {
  const allow = (Action: string | string[], Resource: string | string[], rest = {}) => ({
    Effect: "Allow",
    Action,
    Resource,
    ...rest,
  });

  test("without a statement nothing is allowed", () => {
    expect(may([], "ecr:PutImage", repository("a"))).toBe(false);
  });

  test.each([
    ["ecr:PutImage", repository("a"), true],
    ["ECR:putimage", repository("a"), true],
    ["ecr:*", repository("*"), true],
    ["ecr:Put*", repository("?"), true],
    ["ecr:Get*", repository("*"), false],
    ["ecr:PutImage", repository("b"), false],
    ["ecr:PutImage", "arn:aws:ecr:*:111111111111:repository/a", true],
    ["ecr:PutImage", "arn:aws:ecr:*:repository/a", false],
    ["*", "*", true],
  ])("%s on %s: PutImage in repository a is allowed: %s", (action, resource, allowed) => {
    if (resource === "arn:aws:ecr:*:repository/a") {
      expect(() => may([allow(action, resource)], "ecr:PutImage", repository("a"))).toThrow("six parts");
    } else {
      expect(may([allow(action, resource)], "ecr:PutImage", repository("a"))).toBe(allowed);
    }
  });

  test("a wildcard in one part of an ARN reaches into no other part", () => {
    expect(
      may(
        [allow("ecr:PutImage", "arn:aws:ecr:*:222222222222:repository/a")],
        "ecr:PutImage",
        repository("a"),
      ),
    ).toBe(false);
  });

  test("a full stop and a bracket in a pattern stand for themselves", () => {
    expect(may([allow("ecr:PutImage", repository("a.b"))], "ecr:PutImage", repository("axb"))).toBe(false);
  });

  test("a Deny wins over any Allow", () => {
    const deny = { Effect: "Deny", Action: "ecr:PutImage", Resource: repository("a") };
    expect(may([allow("*", "*"), deny], "ecr:PutImage", repository("a"))).toBe(false);
    expect(may([allow("*", "*"), deny], "ecr:PutImage", repository("b"))).toBe(true);
  });

  test("a permission on everything is still none on another account's repository", () => {
    expect(may([allow("*", "*")], "ecr:PutImage", repository("a", "222222222222"))).toBe(false);
  });

  test("a condition on the role's own ARN is evaluated", () => {
    const condition = (arn: string) => ({ Condition: { ArnLike: { "aws:PrincipalArn": arn } } });
    expect(
      may(
        [allow("*", "*", condition("arn:aws:iam::111111111111:role/team/*"))],
        "ecr:PutImage",
        repository("a"),
      ),
    ).toBe(true);
    expect(
      may(
        [allow("*", "*", condition("arn:aws:iam::111111111111:role/other/*"))],
        "ecr:PutImage",
        repository("a"),
      ),
    ).toBe(false);
  });

  test.each([
    [
      "an unknown condition operator",
      { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } },
      "IpAddress",
    ],
    [
      "an unknown condition key",
      { Condition: { StringEquals: { "aws:RequestedRegion": "eu-central-1" } } },
      "aws:RequestedRegion",
    ],
    ["NotAction", { NotAction: "s3:*" }, "NotAction"],
  ])("%s is refused when it is deployed", (_, rest, text) => {
    expect(() => may([allow("*", "*", rest)], "ecr:PutImage", repository("a"))).toThrow(text);
  });
});

describe("administrators", () => {
  const authorize = authorizeBy(new Roles());

  test("may do everything in their own account", () => {
    expect(() => authorize(ADMINISTRATOR, "ecr:PutImage", repository("a"))).not.toThrow();
    expect(() => authorize(ADMINISTRATOR, "ecr:GetAuthorizationToken", "*")).not.toThrow();
  });

  test("may do nothing in another, and are told so in AWS's words", () => {
    expect(() => authorize(ADMINISTRATOR, "ecr:PutImage", repository("a", "222222222222"))).toThrow(
      `User: ${ADMINISTRATOR.arn} is not authorized to perform: ecr:PutImage on resource: ${repository("a", "222222222222")} because no resource-based policy allows the ecr:PutImage action`,
    );
  });
});

describe("trust policies", () => {
  const trust = (Principal: unknown, Condition = {}) =>
    parseTrust({ Statement: { Effect: "Allow", Action: "sts:AssumeRole", Principal, Condition } }, "trust");
  const candidate = {
    account: "333333333333",
    principalArn: "arn:aws:iam::333333333333:role/ecr-replicator/Plan",
  };

  test.each([
    ["the account's root", { AWS: "arn:aws:iam::333333333333:root" }, true],
    ["the account's number", { AWS: "333333333333" }, true],
    ["the role's ARN in a list", { AWS: ["arn:aws:iam::1:root", candidate.principalArn] }, true],
    ["another account", { AWS: "arn:aws:iam::444444444444:root" }, false],
    ["another role", { AWS: "arn:aws:iam::333333333333:role/Other" }, false],
    ["a service only", { Service: "lambda.amazonaws.com" }, false],
    ["everybody", "*", true],
  ])("%s as principal: %s", (_, principal, trusted) => {
    expect(trusts(trust(principal), candidate)).toBe(trusted);
  });

  test("conditions on the principal's ARN and on the external id must hold", () => {
    const root = { AWS: "arn:aws:iam::333333333333:root" };
    const byArn = { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::333333333333:role/ecr-replicator/*" } };
    expect(trusts(trust(root, byArn), candidate)).toBe(true);
    expect(
      trusts(trust(root, byArn), { ...candidate, principalArn: "arn:aws:iam::333333333333:role/Other" }),
    ).toBe(false);
    const byId = { StringEquals: { "sts:ExternalId": "secret" } };
    expect(trusts(trust(root, byId), { ...candidate, externalId: "secret" })).toBe(true);
    expect(trusts(trust(root, byId), { ...candidate, externalId: "Secret" })).toBe(false);
    expect(trusts(trust(root, byId), candidate)).toBe(false);
  });

  test("a service may use the role only when it is named", () => {
    expect(trustsService(trust({ Service: ["lambda.amazonaws.com"] }), "lambda.amazonaws.com")).toBe(true);
    expect(trustsService(trust({ Service: ["lambda.amazonaws.com"] }), "states.amazonaws.com")).toBe(false);
  });

  test("another action than sts:AssumeRole is refused when it is deployed", () => {
    expect(() =>
      parseTrust({ Statement: { Effect: "Allow", Action: "sts:TagSession", Principal: "*" } }, "trust"),
    ).toThrow("sts:TagSession");
  });
});
