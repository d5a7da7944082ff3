import { formatEcrImage, parseEcrImage } from "../../../core/model/reference.ts";

const account = "123456789012";
const digest = `sha256:${"ab".repeat(32)}`;

describe("parseEcrImage reads a host", () => {
  const hosts: [host: string, region: string, partition: string, fips: boolean, dualStack: boolean][] = [
    ["dkr.ecr.us-east-1.amazonaws.com", "us-east-1", "aws", false, false],
    ["dkr.ecr.ap-southeast-7.amazonaws.com", "ap-southeast-7", "aws", false, false],
    ["dkr.ecr.mx-central-1.amazonaws.com", "mx-central-1", "aws", false, false],
    ["dkr.ecr.il-central-1.amazonaws.com", "il-central-1", "aws", false, false],
    ["dkr.ecr-fips.us-west-2.amazonaws.com", "us-west-2", "aws", true, false],
    ["dkr-ecr.eu-central-1.on.aws", "eu-central-1", "aws", false, true],
    ["dkr-ecr-fips.us-east-2.on.aws", "us-east-2", "aws", true, true],
    ["dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", "aws-cn", false, false],
    ["dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn", "cn-northwest-1", "aws-cn", false, true],
    ["dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1", "aws-us-gov", false, false],
    ["dkr.ecr-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1", "aws-us-gov", true, false],
    ["dkr-ecr-fips.us-gov-east-1.on.aws", "us-gov-east-1", "aws-us-gov", true, true],
    ["dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "aws-eusc", false, false],
    ["dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "aws-iso", false, false],
    ["dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", "aws-iso-b", false, false],
    ["dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", "aws-iso-e", false, false],
    ["dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", "aws-iso-f", false, false],
  ];

  test.each(hosts)("%s", (rest, region, partition, fips, dualStack) => {
    const host = `${account}.${rest}`;
    expect(parseEcrImage(`${host}/team/app:1.0`)).toEqual({
      repository: { host, account, region, partition, fips, dualStack, name: "team/app" },
      tag: "1.0",
      digest: undefined,
    });
  });
});

describe("parseEcrImage refuses a host", () => {
  test.each([
    ["docker.io", "'docker.io' is no ECR registry"],
    ["public.ecr.aws", "'public.ecr.aws' is no ECR registry"],
    ["", "'' is no ECR registry"],
    ["12345678901.dkr.ecr.us-east-1.amazonaws.com", "is no ECR registry"],
    [`${account}.dkr.ecr.us-east-1.amazonaws.com:443`, "is no ECR registry"],
    [`${account}.DKR.ecr.us-east-1.amazonaws.com`, "is no ECR registry"],
    [`https://${account}.dkr.ecr.us-east-1.amazonaws.com`, "'https:' is no ECR registry"],
    [`evil.com#${account}.dkr.ecr.us-east-1.amazonaws.com`, "is no ECR registry"],
    [`${account}.dkr.ecr.moon-base-1.amazonaws.com`, "'moon-base-1' in"],
    [`${account}.dkr.ecr.us-east.amazonaws.com`, "'us-east' in"],
    [`${account}.dkr.ecr.cn-north-1.amazonaws.com`, "belongs to hosts ending in .amazonaws.com.cn"],
    [`${account}.dkr.ecr.us-east-1.amazonaws.com.cn`, "mixes partitions"],
    [`${account}.dkr.ecr.us-east-1.amazonaws.com.evil.com`, "mixes partitions"],
    [`${account}.dkr.ecr.us-east-1.on.aws`, "belongs to hosts ending in .amazonaws.com"],
    [`${account}.dkr-ecr.us-east-1.amazonaws.com`, "belongs to hosts ending in .on.aws"],
    [`${account}.dkr.ecr.eusc-de-east-1.amazonaws.com`, "belongs to hosts ending in .amazonaws.eu"],
    [
      `${account}.dkr-ecr.eusc-de-east-1.amazonaws.eu`,
      "no dual-stack registry is known in the partition aws-eusc",
    ],
  ])("%s", (host, message) => {
    expect(() => parseEcrImage(`${host}/app`)).toThrow(message);
    expect(() => parseEcrImage(`${host}/app`)).toThrow(RangeError);
  });
});

describe("parseEcrImage reads after the host", () => {
  const host = `${account}.dkr.ecr.us-east-1.amazonaws.com`;

  test.each([
    ["ab", "ab", undefined, undefined],
    ["ab:1", "ab", "1", undefined],
    [`ab@${digest}`, "ab", undefined, digest],
    [`ab:1@${digest}`, "ab", "1", digest],
    ["a/b", "a/b", undefined, undefined],
    ["a__b/c--d/e.f", "a__b/c--d/e.f", undefined, undefined],
    ["n".repeat(256), "n".repeat(256), undefined, undefined],
    [`ab:_${"T".repeat(127)}`, "ab", `_${"T".repeat(127)}`, undefined],
  ])("%s, and writes it as it was", (text, name, tag, sum) => {
    const image = parseEcrImage(`${host}/${text}`);
    expect([image.repository.name, image.tag, image.digest]).toEqual([name, tag, sum]);
    expect(formatEcrImage(image)).toBe(`${host}/${text}`);
  });

  test.each([
    ["", "'' is no ECR repository name"],
    ["a", "'a' is no ECR repository name"],
    ["n".repeat(257), "is no ECR repository name"],
    ["App", "'App' is no ECR repository name"],
    ["a//b", "is no ECR repository name"],
    ["ab/", "is no ECR repository name"],
    ["/ab", "is no ECR repository name"],
    ["a..b", "is no ECR repository name"],
    ["a___b", "is no ECR repository name"],
    ["../ab", "is no ECR repository name"],
    ["ab:", "'' is no tag"],
    ["ab:.1", "'.1' is no tag"],
    ["ab:-1", "'-1' is no tag"],
    ["ab:1/2", "'1/2' is no tag"],
    [`ab:${"1".repeat(129)}`, "is no tag"],
    ["ab:1\n", "is no tag"],
    ["ab@", "'' is no digest"],
    ["ab@sha256:12", "'sha256:12' is no digest"],
    [`ab@sha512:${"ab".repeat(64)}`, "is no digest"],
    [`ab@${digest.toUpperCase()}`, "is no digest"],
    [`ab@${digest}@${digest}`, "is no digest"],
  ])("and refuses %j", (text, message) => {
    expect(() => parseEcrImage(`${host}/${text}`)).toThrow(message);
  });

  test.each(["", "nginx", host])("and refuses %j, which is no image in ECR", (text) => {
    expect(() => parseEcrImage(text)).toThrow(
      `'${text}' is no image in ECR; expected <account>.dkr.ecr.<region>.amazonaws.com/<repository>`,
    );
  });
});
