import { readSettings } from "../../infra/settings.ts";

const good = {
  region: "eu-central-1",
  pipelineAccount: "333333333333",
  sourceAccount: "111111111111",
  destinationAccount: "222222222222",
};

describe("readSettings", () => {
  test.each([
    good,
    { ...good, externalId: "from-team-a" },
    { ...good, operatorArn: "arn:aws:iam::333333333333:role/Platform" },
    { ...good, region: "us-gov-west-1" },
    { ...good, region: "eusc-de-east-1" },
    { ...good, sourceAccount: good.pipelineAccount },
    { ...good, sourceBucket: "my-bucket" },
  ])("accepts %j", (settings) => {
    expect(readSettings(settings)).toEqual(settings);
  });

  const refused: [unknown, string][] = [
    [undefined, "context.ecrReplicator is undefined, not an object"],
    ["{}", 'context.ecrReplicator is "{}", not an object'],
    [[], "not an object"],
    [null, "not an object"],
    [{ ...good, regoin: "x" }, "regoin: unknown; known are region, pipelineAccount"],
    [{ ...good, pipelineAccount: "33333333333" }, 'pipelineAccount: "33333333333" is not an account id'],
    [
      { ...good, sourceAccount: 111111111111 },
      "sourceAccount: 111111111111 is not an account id of twelve digits, as a string",
    ],
    [{ ...good, destinationAccount: undefined }, "destinationAccount: missing is not"],
    [{ ...good, region: "Frankfurt" }, 'region: "Frankfurt" is not a Region'],
    [{ ...good, operatorArn: "Platform" }, 'operatorArn: "Platform" is not the ARN'],
    [{ ...good, sourceBucket: "s3://my-bucket" }, 'sourceBucket: "s3://my-bucket" is not a bucket name'],
    [{ ...good, sourceBucket: null }, "sourceBucket: null is not a bucket name"],
    [
      { ...good, operatorArn: "arn:aws:iam::444444444444:role/Platform" },
      "is not in the pipelineAccount, 333333333333",
    ],
    [{ ...good, externalId: "x" }, 'externalId: "x" is not 2 to 1224'],
  ];
  test.each(refused)("refuses %j", (settings, message) => {
    expect(() => readSettings(settings)).toThrow(message);
  });

  test("lists every problem at once", () => {
    expect(() => readSettings({ colour: "red" })).toThrow(
      /colour: unknown.*region: missing.*pipelineAccount.*sourceAccount.*destinationAccount/s,
    );
  });
});
