import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { functionOf, oneTask, templateOf, writeAssembly } from "./fixture-assembly.ts";

const MAIN = resolve(import.meta.dirname, "../../local/main.ts");
const assembly = writeAssembly(
  templateOf({ One: functionOf("exports.handler = async () => 1") }, oneTask("One")),
);

function start(...options: string[]): {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = new Promise<number | null>((done) => child.once("close", done));
  return { child, output: () => output, ended };
}

async function ready({ child, output }: ReturnType<typeof start>): Promise<string> {
  while (!output().includes("_local/faults")) await new Promise((done) => child.stdout?.once("data", done));
  return /http:\/\/127\.0\.0\.1:\d+/.exec(output())?.[0] ?? "";
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "tells what is deployed, and on %s ends with 0 and removes its temporary data",
  async (signal) => {
    const program = start("--port", "0", "--assembly", assembly, "--verbose");
    const endpoint = await ready(program);
    expect(program.output()).toContain("stateMachine:Machine");
    expect(program.output()).toContain("MachineArn = arn:aws:states");
    expect((await fetch(`${endpoint}/_local/functions`)).status).toBe(200);
    const data = /data in ([^;]+);/.exec(program.output())?.[1] ?? "";
    expect(existsSync(data)).toBe(true);
    program.child.kill(signal);
    expect(await program.ended).toBe(0);
    expect(existsSync(data)).toBe(false);
  },
);

test("says that the port is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as { port: number };
  const program = start("--port", String(port), "--assembly", assembly);
  expect(await program.ended).toBe(1);
  expect(program.output()).toContain(`Port ${port} of 127.0.0.1 is taken`);
  server.close();
});

test.each([
  [["--port", "http"], "--port is http"],
  [["--port", "65536"], "65535"],
  [["--unknown"], "--unknown"],
])("%j is wrong usage", async (options, text) => {
  const program = start(...options);
  expect(await program.ended).toBe(2);
  expect(program.output()).toContain(text);
});

test("says how to make the assembly that is missing", async () => {
  const program = start("--port", "0", "--assembly", "/nonexistent");
  expect(await program.ended).toBe(1);
  expect(program.output()).toContain("npx cdk synth");
});
