import { setDefaultCACertificates } from "node:tls";
import type { RegistrySource } from "../../adapters/sources/registry.ts";
import type { Descriptor } from "../../core/model/descriptor.ts";
import { cosignTags, fallbackTag, maxReferrers } from "../../core/model/referrer.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { execute } from "../fakes/execution.ts";
import { bytesOf, type Content, image, imageOf, index } from "../fakes/image.ts";
import { MemoryDestination } from "../fakes/memory-destination.ts";
import { type Prepared, RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { sourceIn } from "../fakes/registry-source.ts";
import { request } from "../fakes/request.ts";

const listType = "application/vnd.oci.image.index.v1+json";
const artifactType = "application/vnd.example.signature";
const content = imageOf([30, 7]);
const { root } = content;
const [first, second] = [signature(1), signature(2)];
const listed = (of: Content) => ({ ...of.root, artifactType });
const api = `/v2/app/referrers/${root.digest}`;
const fallback = fallbackTag(root.digest);
const [sig = "", att = "", sbom = ""] = cosignTags(root.digest);
const cosign = [sig, att, sbom].map((tag) => `HEAD /v2/app/manifests/${tag}`);
let registry: RecordingRegistry;
let source: RegistrySource;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
  registry.add(content, "1.0");
  for (const each of [first, second]) registry.add(each);
  source = sourceIn(registry);
});
afterEach(() => registry.close());

function signature(seed: number, subject: Descriptor = root): Content {
  return image({ layers: [bytesOf(15, seed)], also: { subject, artifactType } });
}

/** A page of a list, with the link to the next one. */
function page(manifests: readonly unknown[], link?: string): Prepared {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: listType, manifests });
  return says(200, body, { "content-type": listType, ...(link !== undefined && { link }) });
}

const lists = (...answers: Prepared[]) => {
  for (const answer of answers) registry.answers.push({ to: "/referrers/", answer });
};
const asked = () => registry.requests.map(({ method, path }) => `${method} ${path}`).sort();
const keep = () => registry.add(index([first, second], { entries: [{ artifactType }] }), fallback);

describe("a registry's artifacts", () => {
  test("are those that its API lists, and the fallback tag is not asked for", async () => {
    lists(page([listed(first), listed(second)]));
    keep();
    expect(await source.referrers(root)).toEqual([listed(first), listed(second)]);
    expect(asked()).toEqual([`GET ${api}`, ...cosign].sort());
    expect(source.warnings()).toEqual([]);
  });

  test("are none where its API lists none, whatever is under the fallback tag", async () => {
    lists(page([]));
    keep();
    expect(await source.referrers(root)).toEqual([]);
  });

  test("are those of the index under the fallback tag, where there is no API", async () => {
    keep();
    expect(await source.referrers(root)).toEqual([listed(first), second.root]);
    expect(registry.requests).toHaveLength(6);
  });

  test("are none, in five requests of which no GET is for a manifest, where there is nothing", async () => {
    expect(await source.referrers(root)).toEqual([]);
    expect(asked()).toEqual([`GET ${api}`, `HEAD /v2/app/manifests/${fallback}`, ...cosign].sort());
    expect(source.warnings()).toEqual([]);
  });

  test("are also those under cosign's tags, each with its tag", async () => {
    lists(page([listed(first)]));
    registry.add(second, sig);
    registry.add(imageOf([3], 9), sbom);
    expect(await source.referrers(root)).toEqual([
      listed(first),
      { ...second.root, tag: sig },
      { ...imageOf([3], 9).root, tag: sbom },
    ]);
  });

  test("are asked for with the token that the image is read with", async () => {
    registry.auth = "bearer";
    lists(
      says(401, "", {
        "www-authenticate": `Bearer realm="${registry.realm}",service="registry.example.test"`,
      }),
    );
    lists(page([listed(first)]));
    expect(await source.referrers(root)).toEqual([listed(first)]);
  });

  test("are asked for as an index", async () => {
    let accepted: string | undefined;
    lists((received, response) => {
      accepted = received.headers.accept;
      page([])(received, response);
    });
    await source.referrers(root);
    expect(accepted).toBe(listType);
  });
});

describe("a registry that has no API for artifacts", () => {
  test.each<[string, Prepared]>([
    ["404", says(404, "404 page not found", { "content-type": "text/plain" })],
    ["400", says(400)],
    ["405", says(405)],
    ["406", says(406)],
    ["501", says(501)],
    ["200 and a web page", says(200, "<html>", { "content-type": "text/html; charset=utf-8" })],
    ["200 and other JSON", says(200, '{"manifests":[]}', { "content-type": "application/json" })],
    ["200 and nothing", says(200)],
    ["an index that is none", says(200, "{}", { "content-type": listType })],
    ["an index that is no JSON", says(200, "<html>", { "content-type": listType })],
  ])("but answers with %s, is asked for the fallback tag", async (_, answer) => {
    lists(answer);
    keep();
    expect(await source.referrers(root)).toEqual([listed(first), second.root]);
    expect(source.warnings()).toEqual([]);
  });

  test("but redirects to a web page, is asked for the fallback tag, and no credentials go there", async () => {
    registry.auth = "basic";
    registry.user = { username: "me", password: "password-secret" };
    registry.redirects.set(api, `${registry.origin("pages")}/login`);
    for (const _ of [1, 2]) {
      registry.answers.push({ to: "/login", answer: says(403, "<html>", { "content-type": "text/html" }) });
    }
    keep();
    expect(await source.referrers(root)).toEqual([listed(first), second.root]);
    expect(registry.signed().some((each) => each.includes("pages"))).toBe(false);
  });

  test("but redirects to a private address, is not followed there", async () => {
    registry.redirects.set(api, "https://169.254.169.254/latest");
    keep();
    expect(await source.referrers(root)).toEqual([listed(first), second.root]);
    expect(source.warnings()).toEqual([expect.stringMatching(/may be missing: .*169\.254\.169\.254/)]);
  });
});

describe("a list in pages", () => {
  const next = (at: number, host = registry.origin()) => `<${host}${api}?n=1&last=${at}>; rel="next"`;

  test.each([
    ["by its whole URL", () => next(1)],
    ["by its path", () => `<${api}?n=1&last=1>; rel=next`],
    ["by its query", () => '<?n=1&last=1>; rel="next"'],
    ["with its colon escaped", () => `<${api.replace(":", "%3A")}?n=1&last=1>; rel="next"`],
    ["with the scheme that is behind a proxy", () => next(1, registry.origin().replace("https", "http"))],
    ["beside another link", () => `<https://other.test/>; rel="help", ${next(1)}`],
  ])("is followed %s", async (_, link) => {
    lists(page([listed(first)], link()), page([listed(second)]));
    expect(await source.referrers(root)).toEqual([listed(first), listed(second)]);
    expect(asked()).toContain(`GET ${api}?n=1&last=1`);
    expect(source.warnings()).toEqual([]);
  });

  test.each([
    ["another host", () => next(1, registry.origin("other", "other"))],
    ["another list", () => `</v2/other/secrets?n=1>; rel="next"`],
    ["no URL", () => `<https://[>; rel="next"`],
  ])("is not followed to %s, and that there is more is told", async (_, link) => {
    lists(page([listed(first)], link()));
    expect(await source.referrers(root)).toEqual([listed(first)]);
    expect(registry.requests).toHaveLength(4);
    expect(source.warnings()).toEqual([
      expect.stringMatching(/may be missing: registry\.example\.test.* does not give the whole list/),
    ]);
  });

  test("that leads in a circle ends after ten pages, which is told", async () => {
    lists(...Array.from({ length: 20 }, () => page([listed(first)], next(1))));
    expect(await source.referrers(root)).toHaveLength(10);
    expect(asked().filter((each) => each.includes("/referrers/"))).toHaveLength(10);
    expect(source.warnings()).toHaveLength(1);
  });

  test("that breaks off gives what came before, which is told", async () => {
    lists(page([listed(first)], next(1)), says(404));
    expect(await source.referrers(root)).toEqual([listed(first)]);
    expect(source.warnings()).toHaveLength(1);
  });

  test("is read no further than more than can be copied was found", async () => {
    const many = Array.from({ length: maxReferrers }, () => listed(first));
    lists(page(many, next(1)), page(many, next(2)), page(many));
    expect(await source.referrers(root)).toHaveLength(2 * maxReferrers);
    expect(asked().filter((each) => each.includes("/referrers/"))).toHaveLength(2);
  });

  test("whose page is longer than a manifest may be is told, and the fallback tag is asked for", async () => {
    lists((_, response) =>
      response.writeHead(200, { "content-type": listType }).end(Buffer.alloc(4_194_305, " ")),
    );
    keep();
    expect(await source.referrers(root)).toEqual([listed(first), second.root]);
    expect(source.warnings()).toEqual([expect.stringContaining("pages of more than 4194304 bytes")]);
  });
});

describe("what is wrong at a registry", () => {
  test("with an entry of its list leads to the entry being refused", async () => {
    lists(page([{ ...root, digest: "sha512:ab" }, null, listed(first)]));
    expect(await source.referrers(root)).toEqual([
      expect.objectContaining({ digest: "sha512:ab", refused: expect.stringContaining("only sha256") }),
      expect.objectContaining({ refused: expect.any(String) }),
      listed(first),
    ]);
  });

  test("with the index under the fallback tag leads to the index being refused, by its tag", async () => {
    const kept = index([first]);
    registry.add(kept, fallback);
    const damaged = says(200, "{}", { "content-type": listType });
    registry.answers.push({ to: `GET ${registry.origin()}/v2/app/manifests/`, answer: damaged });
    expect(await source.referrers(root)).toEqual([
      { ...kept.root, tag: fallback, refused: expect.any(String) },
    ]);
  });

  test("is not that an image is under the fallback tag", async () => {
    registry.add(first, fallback);
    expect(await source.referrers(root)).toEqual([]);
  });

  test.each([401, 403])(
    "when it refuses its list with %i, is told once for all manifests",
    async (status) => {
      lists(
        says(status, "", { "www-authenticate": 'Basic realm="x"' }),
        says(status),
        says(status),
        says(status),
      );
      registry.user = { username: "me", password: "password-secret" };
      registry.auth = "basic";
      keep();
      expect(await source.referrers(root)).toEqual([listed(first), second.root]);
      await source.referrers(root);
      expect(source.warnings()).toEqual([
        expect.stringMatching(
          /^signatures and the like may be missing: the list of artifacts in registry.* is refused/,
        ),
      ]);
    },
  );

  test("when it refuses tags is told a few times at most, and the list is copied", async () => {
    for (let at = 0; at < 12; at++) {
      lists(page([listed(first)]));
      for (const kind of ["sig", "att", "sbom"]) registry.answers.push({ to: `.${kind}`, answer: says(403) });
    }
    for (let at = 0; at < 12; at++) {
      const digest = `sha256:${at.toString(16).repeat(64)}`;
      expect(await source.referrers({ ...root, digest })).toEqual([listed(first)]);
    }
    expect(source.warnings()).toHaveLength(5);
  });

  test.each([
    [429, "Throttled"],
    [503, "Unavailable"],
  ])("is tried again after %i, and is %s in the end", async (status, name) => {
    lists(says(status), page([listed(first)]));
    expect(await source.referrers(root)).toEqual([listed(first)]);
    lists(...Array.from({ length: 4 }, () => says(status)));
    await expect(source.referrers(root)).rejects.toMatchObject({ name, side: "source" });
  });
});

describe("an image in a registry", () => {
  const copy = (platform?: object) => {
    const destination = new MemoryDestination();
    const run = () => execute({ ...request, ...platform }, { source: sourceIn(registry), destination });
    return { destination, run };
  };

  test("arrives with a signature by the API, one of that, and one under cosign's tag; and is in sync by one HEAD", async () => {
    const countersignature = signature(3, first.root);
    registry.add(countersignature);
    registry.add(second, sig);
    registry.answers.push({ to: api, answer: page([listed(first)]) });
    registry.answers.push({
      to: `/referrers/${first.root.digest}`,
      answer: page([listed(countersignature)]),
    });
    registry.answers.push({ to: `/referrers/${second.root.digest}`, answer: page([]) });
    const { destination, run } = copy();
    const { report } = await run();
    expect(report).toMatchObject({
      status: "Replicated",
      referrers: { copied: 3, refused: 0 },
      warnings: [],
    });
    for (const each of [content, first, second, countersignature]) {
      expect(destination.images.has(each.root.digest)).toBe(true);
    }
    expect(destination.tags.get(sig)).toBe(second.root.digest);
    registry.requests.length = 0;
    expect((await run()).report?.status).toBe("InSync");
    expect(asked()).toEqual(["HEAD /v2/app/manifests/1.0"]);
  });

  test("arrives though an artifact is none, which is a warning that names it", async () => {
    lists(page([{ ...root, digest: "sha512:ab", artifactType }]));
    const { report } = await copy().run();
    expect(report).toMatchObject({ status: "Replicated", referrers: { refused: 1 } });
    expect(report?.warnings).toEqual([
      expect.stringContaining(
        `${artifactType} sha512:ab of the image was not copied: it is listed with the digest`,
      ),
    ]);
  });

  test("in sync tells that few pulls are left", async () => {
    registry.headers = { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "7;w=21600" };
    const { run } = copy();
    await run();
    expect((await run()).report).toMatchObject({
      status: "InSync",
      warnings: [expect.stringMatching(/allows 7 more pulls \(of 100 in 6 h\)/)],
    });
  });
});
