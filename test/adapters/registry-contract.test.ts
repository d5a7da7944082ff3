import { setDefaultCACertificates } from "node:tls";
import { RegistrySource } from "../../adapters/sources/registry.ts";
import { describeSource } from "../contract/source.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { RecordingRegistry } from "../fakes/recording-registry.ts";

let registry: RecordingRegistry;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
});
afterEach(() => registry.close());

describe.each(["none", "basic", "bearer"] as const)("with %s authentication", (auth) => {
  const user = auth === "none" ? undefined : { username: "reader", password: "password-secret" };
  describeSource("a registry", async (content, tag) => {
    registry.auth = auth;
    registry.user = user;
    registry.add(content, tag);
    const repository = { host: registry.host(), name: "app" };
    return new RegistrySource(repository, async () => user, registry.settings());
  });
});
