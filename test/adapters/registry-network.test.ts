import type { LookupAddress, LookupAllOptions, lookup } from "node:dns";
import { isLoopback, isPublic } from "../../adapters/clients/registry/address.ts";
import { agentFor } from "../../adapters/clients/registry/agents.ts";
import { Network } from "../../adapters/clients/registry/network.ts";

describe("an address is public", () => {
  test.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2600:1f18::1",
    "2a00:1450:4001::1",
    "2001:4860:4860::8888",
    "::ffff:1.1.1.1",
    "64:ff9b::1.1.1.1",
    "64:ff9b::101:101",
  ])("%s", (address) => expect(isPublic(address)).toBe(true));
});

describe("an address is not public", () => {
  test.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
    "1.1.1",
  ])("%j", (address) => expect(isPublic(address)).toBe(false));
});

test("this machine is localhost, 127.0.0.0/8 and ::1, and no name that only looks like them", () => {
  expect(["localhost", "127.0.0.1", "127.9.9.9", "[::1]"].map(isLoopback)).toEqual([true, true, true, true]);
  expect(["localhost.evil.com", "127.evil.com", "10.0.0.1", "[::2]"].map(isLoopback)).toEqual(
    Array(4).fill(false),
  );
});

describe("a URL that a server names", () => {
  const base = new URL("https://registry.test/v2/");
  const [strict, lax] = [new Network(), new Network({ allowInsecure: true })];

  test.each([
    ["/path", "https://registry.test/path"],
    ["//cdn.test/path", "https://cdn.test/path"],
    ["https://1.1.1.1:8443/", "https://1.1.1.1:8443/"],
  ])("%s is followed", (text, href) => expect(strict.follow(text, base).href).toBe(href));

  test.each([
    ["http://registry.test/", "'http://registry.test' is not followed: only https is"],
    ["http://127.0.0.1/", "only https is, or with --allow-insecure plain http to this machine"],
    ["ftp://registry.test/", "only https is"],
    ["file:///etc/passwd", "is no URL"],
    ["data:text/plain,x", "is no URL"],
    ["https://", "is no URL"],
    ["https://user:pass@registry.test/", "it has credentials in it"],
    ["https://token@registry.test/", "it has credentials in it"],
    ["https://127.0.0.1/", "127.0.0.1 is a private"],
    ["https://2130706433/", "127.0.0.1 is a private"],
    ["https://0x7f.1/", "127.0.0.1 is a private"],
    ["https://169.254.169.254/latest/meta-data", "169.254.169.254 is a private"],
    ["https://[::1]/", "::1 is a private"],
    ["https://[::ffff:10.0.0.1]/", "is a private"],
    ["https://[fd00:ec2::254]/", "is a private"],
  ])("%s is not", (text, message) => {
    expect(() => strict.follow(text, base)).toThrow(message);
    expect(() => strict.follow(text, base)).toThrow(
      expect.objectContaining({ name: "Unavailable", side: "source", operation: "Connect" }),
    );
  });

  test.each(["http://localhost:5000/", "http://127.0.0.1/", "http://[::1]/", "https://10.0.0.1/"])(
    "%s is followed when that is allowed",
    (text) => expect(lax.follow(text, base).href).toBe(text),
  );

  test.each(["http://10.0.0.1/", "http://registry.test/", "http://localhost.test/", "https://a:b@10.0.0.1/"])(
    "%s is not followed even then",
    (text) => expect(() => lax.follow(text, base)).toThrow("is not followed"),
  );

  test("has nothing of its path or query in a refusal", () => {
    expect(() => strict.follow("http://cdn.test/x?X-Signature=secret")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });
});

describe("a name is looked up", () => {
  const lookUp = (network: Network, all: boolean) =>
    new Promise<[unknown, unknown]>((resolve) =>
      network.lookup("name.test", { all }, (error, found) => resolve([error?.message, found])),
    );
  const resolving = (...addresses: string[]) =>
    ((_: string, options: LookupAllOptions, callback: (error: null, found: LookupAddress[]) => void) => {
      expect(options.all).toBe(true);
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    }) as unknown as typeof lookup;

  test("and only what is public of it is connected to", async () => {
    const network = new Network({ resolve: resolving("10.0.0.1", "1.1.1.1", "::1", "2600::1") });
    expect(await lookUp(network, false)).toEqual([undefined, "1.1.1.1"]);
    expect(await lookUp(network, true)).toEqual([
      undefined,
      [
        { address: "1.1.1.1", family: 4 },
        { address: "2600::1", family: 6 },
      ],
    ]);
  });

  test.each([true, false])("and is refused when nothing of it is public (all: %s)", async (all) => {
    const [message] = await lookUp(new Network({ resolve: resolving("169.254.169.254") }), all);
    expect(message).toBe(
      "'name.test' is not connected to: 169.254.169.254 is a private, local or reserved address, which only --allow-insecure allows",
    );
  });

  test("and all of it may be connected to when that is allowed", async () => {
    const network = new Network({ allowInsecure: true, resolve: resolving("10.0.0.1") });
    expect(await lookUp(network, false)).toEqual([undefined, "10.0.0.1"]);
  });
});

test.each([
  ["https://registry.test", false],
  ["https://registry.test", true],
  ["http://registry.test", true],
])("each address of %s may take longer than a far one does (insecure: %s)", (url, allowInsecure) => {
  const options = { autoSelectFamilyAttemptTimeout: 2_500 };
  expect(agentFor(new URL(url), { allowInsecure })).toMatchObject({ options });
});
