import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { askHelper } from "../../cli/credential-helper.ts";
import { writeHelper } from "./helper.ts";

const folder = mkdtempSync(join(tmpdir(), "helpers-"));
const before = process.env["PATH"];
beforeAll(() => {
  process.env["PATH"] = `${folder}${delimiter}${before}`;
});
afterAll(() => {
  process.env["PATH"] = before;
  rmSync(folder, { recursive: true });
});

const failure = (text: string) => ({
  name: "AccessDenied",
  side: "source",
  operation: "ReadCredentials",
  message: expect.stringContaining(text),
});

test("a helper is told the server and gives a user name and a secret", async () => {
  writeHelper(
    folder,
    "echo",
    `printf '{"ServerURL":"%s","Username":"me","Secret":"for %s"}' "$server" "$server"`,
  );
  expect(await askHelper("echo", "ghcr.io")).toEqual({ username: "me", password: "for ghcr.io" });
});

test("the server is told as one line to read, without a shell to interpret it", async () => {
  writeHelper(folder, "raw", `printf '{"Username":"me","Secret":"%s"}' "$server"`);
  const server = "host; touch $(pwd)/x `id` %";
  expect(await askHelper("raw", server)).toEqual({ username: "me", password: server });
});

test("the user <token> has an identity token", async () => {
  writeHelper(folder, "token", `echo '{"Username":"<token>","Secret":"abc"}'`);
  expect(await askHelper("token", "ghcr.io")).toEqual({ identityToken: "abc" });
});

test("a helper that has none, or an empty secret, gives nothing", async () => {
  writeHelper(folder, "none", "echo credentials not found in native keychain; exit 1");
  writeHelper(folder, "empty", `echo '{"Username":"","Secret":""}'`);
  expect(await askHelper("none", "ghcr.io")).toBeUndefined();
  expect(await askHelper("empty", "ghcr.io")).toBeUndefined();
});

test("a helper that does not read what it is asked is heard all the same", async () => {
  const file = join(folder, "docker-credential-deaf");
  writeFileSync(file, `#!/bin/sh\nexec <&-\necho '{"Username":"me","Secret":"s"}'\n`);
  chmodSync(file, 0o755);
  expect(await askHelper("deaf", "s".repeat(200_000))).toEqual({ username: "me", password: "s" });
});

test("a helper that fails is named with what it says", async () => {
  writeHelper(folder, "locked", "echo the keychain is locked; echo more; exit 3");
  writeHelper(folder, "complains", "echo not signed in >&2; exit 1");
  await expect(askHelper("locked", "ghcr.io")).rejects.toMatchObject(
    failure(
      "docker-credential-locked get failed for ghcr.io: it ended with 3, saying 'the keychain is locked'",
    ),
  );
  await expect(askHelper("complains", "ghcr.io")).rejects.toMatchObject(failure("saying 'not signed in'"));
});

test.each([
  ["an answer, and fails", `echo '{"Username":"me","Secret":"hush"}'; exit 1`, "it ended with 1"],
  ["no JSON", "echo hush", "gave no JSON"],
  ["JSON of another kind", `echo '"hush"'`, "Username and Secret"],
  ["null", "echo null", "Username and Secret"],
  ["fields of another type", `echo '{"Username":["hush"],"Secret":5}'`, "Username and Secret"],
  ["no user name", `echo '{"Secret":"hush"}'`, "Username and Secret"],
  ["nothing", "true", "gave no JSON"],
])("a helper that gives %s is refused, and its answer not told", async (_, script, what) => {
  writeHelper(folder, "bad", script);
  const asked = askHelper("bad", "ghcr.io");
  await expect(asked).rejects.toMatchObject({ ...failure(what), cause: undefined });
  await expect(asked).rejects.not.toThrow("hush");
});

test("a helper that is not installed is named with what to do", async () => {
  await expect(askHelper("absent", "ghcr.io")).rejects.toMatchObject(
    failure(
      "docker-credential-absent get failed for ghcr.io: there is no such program on the PATH; install it",
    ),
  );
});

test("a file that may not be run is refused", async () => {
  writeHelper(folder, "closed", "true");
  chmodSync(join(folder, "docker-credential-closed"), 0o644);
  await expect(askHelper("closed", "ghcr.io")).rejects.toMatchObject(failure("EACCES"));
});

test("a helper that does not end is killed, with what it has started still at its output", async () => {
  writeHelper(folder, "slow", "sleep 60 & sleep 60");
  await expect(askHelper("slow", "ghcr.io", 100)).rejects.toMatchObject(
    failure("did not end within 0.1 seconds"),
  );
});

test("more than 1 MiB is not read", async () => {
  writeHelper(folder, "long", "exec head -c 2000000 /dev/zero");
  await expect(askHelper("long", "ghcr.io")).rejects.toMatchObject(failure("more than 1 MiB"));
});

test.each(["", "../../bin/sh", "a/b", "a b", "a\\b", "a\nb"])("'%s' is no helper's name", async (name) => {
  await expect(askHelper(name, "ghcr.io")).rejects.toMatchObject(failure("no credential helper's name"));
});
