import { parseChallenges } from "../../adapters/clients/registry/challenge.ts";

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe("parseChallenges reads", () => {
  test.each<[string, unknown]>([
    ["", []],
    ["Negotiate", [["negotiate", {}]]],
    ["Basic realm=x", [["basic", { realm: "x" }]]],
    ['BASIC Realm="a b"', [["basic", { realm: "a b" }]]],
    [
      "Negotiate YII=, Basic realm=x",
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      'Bearer realm="https://auth.test/token",service="registry",scope="repository:a/b:pull,push"',
      [
        [
          "bearer",
          { realm: "https://auth.test/token", service: "registry", scope: "repository:a/b:pull,push" },
        ],
      ],
    ],
    [
      'bearer  realm = "https://auth.test/t?a=b,c" , service="x" ,, Basic realm="y"',
      [
        ["bearer", { realm: "https://auth.test/t?a=b,c", service: "x" }],
        ["basic", { realm: "y" }],
      ],
    ],
    [
      'Newauth realm="apps", type=1, title="Log in to \\"apps\\"", Basic realm="simple"',
      [
        ["newauth", { realm: "apps", type: "1", title: 'Log in to "apps"' }],
        ["basic", { realm: "simple" }],
      ],
    ],
    ['Bearer realm="a", realm="b"', [["bearer", { realm: "a" }]]],
    ['Bearer realm="a" service="b"', [["bearer", { realm: "a", service: "b" }]]],
    [
      'Basic realm="x", Bearer realm="y"',
      [
        ["basic", { realm: "x" }],
        ["bearer", { realm: "y" }],
      ],
    ],
    [
      "Basic, Bearer realm=y",
      [
        ["basic", {}],
        ["bearer", { realm: "y" }],
      ],
    ],
  ])("%j", (header, challenges) => expect(read(header)).toEqual(challenges));

  test.each<[string, unknown]>([
    ['Bearer realm="never ends', [["bearer", {}]]],
    ['Bearer realm="x" "y", Basic realm=z', [["bearer", { realm: "x" }]]],
    ["=", []],
    ['"Bearer"', []],
  ])("what comes before a place that cannot be read: %j", (header, challenges) =>
    expect(read(header)).toEqual(challenges),
  );

  test("a long header in no time", () => {
    expect(read(`Bearer realm="${"\\".repeat(30_000)}`)).toHaveLength(1);
    expect(parseChallenges("a,".repeat(15_000))).toHaveLength(15_000);
    expect(parseChallenges(`${"a ".repeat(15_000)}=`).length).toBeGreaterThan(0);
  });
});
