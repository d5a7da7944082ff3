import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os, { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { credentialsOfUser } from "../../cli/docker-config.ts";
import { writeHelper } from "./helper.ts";

const before = { ...process.env };
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "docker-config-"));
  file = join(folder, "config.json");
  process.env["DOCKER_CONFIG"] = folder;
  process.env["XDG_RUNTIME_DIR"] = folder;
  process.env["PATH"] = `${folder}${delimiter}${before["PATH"]}`;
});
afterEach(() => {
  process.env = { ...before };
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const base64 = (text: string) => Buffer.from(text).toString("base64");
const signedIn = (name: string) => ({ auth: base64(`${name}:of ${name}`) });
const me = { username: "me", password: "of me" };

const configure = (config: object | string) =>
  writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config));

function configurePodman(config: object | string): string {
  const podman = join(folder, "containers", "auth.json");
  mkdirSync(join(folder, "containers"), { recursive: true });
  writeFileSync(podman, typeof config === "string" ? config : JSON.stringify(config));
  return podman;
}

describe("the credentials for a registry", () => {
  test("are none without a file, in an empty one, and in one of other registries", async () => {
    expect(await credentialsOfUser("ghcr.io")).toBeUndefined();
    configure("\n");
    expect(await credentialsOfUser("ghcr.io")).toBeUndefined();
    configure({ auths: { "quay.io": signedIn("me") }, HttpHeaders: {} });
    expect(await credentialsOfUser("ghcr.io")).toBeUndefined();
  });

  test.each([
    ["ghcr.io", "ghcr.io"],
    ["ghcr.io", "https://ghcr.io"],
    ["ghcr.io", "https://ghcr.io/"],
    ["ghcr.io", "https://ghcr.io/v1/"],
    ["ghcr.io", "https://ghcr.io/v2/"],
    ["ghcr.io", "GHCR.io"],
    ["localhost:5000", "localhost:5000"],
    ["localhost:5000", "http://localhost:5000"],
    ["docker.io", "https://index.docker.io/v1/"],
    ["docker.io", "index.docker.io"],
    ["docker.io", "docker.io"],
    ["registry-1.docker.io", "https://index.docker.io/v1/"],
  ])("%s are found under the key %s", async (host, key) => {
    configure({ auths: { [key]: signedIn("me") } });
    expect(await credentialsOfUser(host)).toEqual(me);
  });

  test.each([
    ["ghcr.io", "ghcr.io.example.com"],
    ["ghcr.io", "https://example.com/ghcr.io"],
    ["ghcr.io", "eu.ghcr.io"],
    ["ghcr.io", "ghcr.io:5000"],
    ["localhost:5000", "localhost"],
    ["localhost:5000", "localhost:5001"],
    ["quay.io", "quay.io/team"],
    ["docker.io", "https://index.docker.io/v1/access-token"],
    ["ghcr.io", "https://user@ghcr.io"],
  ])("%s are not those of %s", async (host, key) => {
    configure({ auths: { [key]: signedIn("me") } });
    expect(await credentialsOfUser(host)).toBeUndefined();
  });

  test("under the host itself come before those under a URL of it", async () => {
    configure({ auths: { "https://ghcr.io": signedIn("other"), "ghcr.io": signedIn("me") } });
    expect(await credentialsOfUser("ghcr.io")).toEqual(me);
  });

  test("have a password with colons and any characters", async () => {
    configure({ auths: { "ghcr.io": { auth: base64("me:a:b ü\0\0") } } });
    expect(await credentialsOfUser("ghcr.io")).toEqual({ username: "me", password: "a:b ü" });
  });

  test("are an identity token before all else", async () => {
    configure({ auths: { "ghcr.io": { auth: base64("<token>:"), identitytoken: "abc" } } });
    expect(await credentialsOfUser("ghcr.io")).toEqual({ identityToken: "abc" });
  });

  test("can be a user name and a password in plain", async () => {
    configure({ auths: { "ghcr.io": { username: "me", password: "of me" } } });
    expect(await credentialsOfUser("ghcr.io")).toEqual(me);
  });
});

describe("a helper", () => {
  const answer = `printf '{"Username":"me","Secret":"for %s"}' "$server"`;

  test("of the registry is asked before that for all registries, and before the file", async () => {
    writeHelper(folder, "own", answer);
    writeHelper(folder, "all", "exit 1");
    const auths = { "ghcr.io": signedIn("other") };
    configure({ credHelpers: { "ghcr.io": "own" }, credsStore: "all", auths });
    expect(await credentialsOfUser("ghcr.io")).toEqual({ username: "me", password: "for ghcr.io" });
  });

  test("for all registries is asked for those without one of their own", async () => {
    writeHelper(folder, "all", answer);
    configure({ credHelpers: { "quay.io": "own" }, credsStore: "all", auths: { "ghcr.io": {} } });
    expect(await credentialsOfUser("ghcr.io")).toEqual({ username: "me", password: "for ghcr.io" });
  });

  test("is asked for Docker Hub by the name that docker has for it", async () => {
    writeHelper(folder, "all", answer);
    configure({ credsStore: "all" });
    expect(await credentialsOfUser("docker.io")).toEqual({
      username: "me",
      password: "for https://index.docker.io/v1/",
    });
  });

  test("that has none leaves it to the file, whose entry may be empty", async () => {
    writeHelper(folder, "all", "echo credentials not found in native keychain; exit 1");
    configure({ credsStore: "all", auths: { "ghcr.io": signedIn("me"), "quay.io": {} } });
    expect(await credentialsOfUser("ghcr.io")).toEqual(me);
    expect(await credentialsOfUser("quay.io")).toBeUndefined();
  });

  test("that fails is a failure, whatever is in the file", async () => {
    writeHelper(folder, "all", "echo locked; exit 1");
    configure({ credsStore: "all", auths: { "ghcr.io": signedIn("me") } });
    await expect(credentialsOfUser("ghcr.io")).rejects.toThrow("docker-credential-all get failed");
  });

  test("that is no text is refused", async () => {
    configure({ credsStore: 5 });
    await expect(credentialsOfUser("ghcr.io")).rejects.toThrow(`the file ${file} names a helper`);
  });
});

describe("podman's file", () => {
  test("is looked into after docker's", async () => {
    configurePodman({ auths: { "ghcr.io": signedIn("other"), "quay.io": signedIn("me") } });
    configure({ auths: { "ghcr.io": signedIn("me") } });
    expect(await credentialsOfUser("ghcr.io")).toEqual(me);
    expect(await credentialsOfUser("quay.io")).toEqual(me);
  });

  test("is not needed, nor a folder for it", async () => {
    delete process.env["XDG_RUNTIME_DIR"];
    configurePodman({ auths: { "quay.io": signedIn("me") } });
    expect(await credentialsOfUser("quay.io")).toBeUndefined();
  });

  test("that is broken is named", async () => {
    const podman = configurePodman("{");
    await expect(credentialsOfUser("ghcr.io")).rejects.toThrow(`the file ${podman} is no JSON object`);
  });
});

test("docker's file is in the home folder without DOCKER_CONFIG", async () => {
  process.env["DOCKER_CONFIG"] = "";
  jest.spyOn(os, "homedir").mockReturnValue(folder);
  mkdirSync(join(folder, ".docker"));
  file = join(folder, ".docker", "config.json");
  configure({ auths: { "ghcr.io": signedIn("me") } });
  expect(await credentialsOfUser("ghcr.io")).toEqual(me);
});

test("a file that cannot be read is named", async () => {
  mkdirSync(file);
  await expect(credentialsOfUser("ghcr.io")).rejects.toMatchObject({
    name: "AccessDenied",
    side: "source",
    message: `the file ${file} cannot be read (EISDIR)`,
  });
});

test.each([
  ["{hush", "is no JSON object"],
  ['["hush"]', "is no JSON object"],
  ["null", "is no JSON object"],
  ['{"auths": ["hush"]}', "has auths that are no object"],
  ['{"credHelpers": "hush"}', "has credHelpers that are no object"],
  ['{"auths": {"ghcr.io": "hush"}}', "that is no object"],
  ['{"auths": {"ghcr.io": {"auth": 5}}}', "whose auth is no text"],
  ['{"auths": {"ghcr.io": {"auth": "hush hush"}}}', "whose auth is no base64"],
  [`{"auths": {"ghcr.io": {"auth": "${base64("hush")}"}}}`, "a colon and a password"],
  [`{"auths": {"ghcr.io": {"auth": "${base64(":hush")}"}}}`, "a colon and a password"],
  ['{"auths": {"ghcr.io": {"registrytoken": "hush"}}}', "registrytoken"],
])("the file %s is refused by its name, without a character of it", async (text, what) => {
  configure(text);
  const reading = credentialsOfUser("ghcr.io");
  await expect(reading).rejects.toMatchObject({ name: "AccessDenied", cause: undefined });
  await expect(reading).rejects.toThrow(`the file ${file} `);
  await expect(reading).rejects.toThrow(what);
  await expect(reading).rejects.not.toThrow(/hush|aHVzaA|Omh1c2g/);
});
