import { maxReferrers } from "../../../core/model/referrer.ts";
import { listedReferrer, listedReferrers } from "../../../core/model/referrer-index.ts";
import { imageOf } from "../../fakes/image.ts";

const { root } = imageOf([5]);
const listed = (manifests: unknown) => listedReferrers(Buffer.from(JSON.stringify({ manifests })));

describe("a list of artifacts", () => {
  test("gives the descriptor and the type of each", () => {
    const artifactType = "application/vnd.example.sbom";
    expect(listed([{ ...root, artifactType, annotations: { any: "thing" } }, root])).toEqual([
      { ...root, artifactType },
      root,
    ]);
  });

  test("may be empty", () => {
    expect(listed([])).toEqual([]);
  });

  test.each(["", "{", "null", "[]", "7", "{}", '{"manifests":{}}', '{"manifests":null}'])(
    "is none when it is %j",
    (text) => {
      expect(listedReferrers(Buffer.from(text))).toBeUndefined();
    },
  );

  test("is read no further than one over what is copied", () => {
    expect(listed(Array.from({ length: maxReferrers + 50 }, () => root))).toHaveLength(maxReferrers + 1);
  });
});

describe("an artifact that is wrongly listed is refused", () => {
  test.each([
    ["no object", null, "the digest 'undefined'"],
    ["a digest that is none", { ...root, digest: "sha256:xyz" }, "the digest 'sha256:xyz'"],
    [
      "a digest of another kind",
      { ...root, digest: `sha512:${"ab".repeat(64)}` },
      "Amazon ECR knows only sha256",
    ],
    ["a digest that is no text", { ...root, digest: ["x"] }, "the digest a list"],
    ["no media type", { ...root, mediaType: undefined }, "the media type 'undefined'"],
    [
      "the media type of a manifest that was never released",
      { ...root, mediaType: "application/vnd.oci.artifact.manifest.v1+json" },
      "'application/vnd.oci.artifact.manifest.v1+json', and only images and indexes are copied",
    ],
    ["no size", { ...root, size: undefined }, "the size 'undefined'"],
    ["a size of nothing", { ...root, size: 0 }, "the size '0'"],
    ["a negative size", { ...root, size: -1 }, "the size '-1'"],
    ["a size with a fraction", { ...root, size: 1.5 }, "the size '1.5'"],
    ["a size that is text", { ...root, size: "7" }, "the size '7'"],
  ])("with %s", (_, entry, reason) => {
    expect(listedReferrer(entry).refused).toContain(reason);
  });

  test("and is small however long what is listed is, since a hundred of them travel in a state of 256 KiB", () => {
    const long = "x".repeat(1_000_000);
    const entry = { mediaType: long, digest: long, size: long, artifactType: "x".repeat(255) };
    expect(JSON.stringify(listedReferrer(entry)).length).toBeLessThan(800);
  });
});

test("an artifact's type that is none is left out, and the artifact is not refused for it", () => {
  expect(listedReferrer({ ...root, artifactType: "" })).toEqual(root);
  expect(listedReferrer({ ...root, artifactType: 7 })).toEqual(root);
  const longest = `${"x".repeat(127)}/${"y".repeat(127)}`;
  expect(listedReferrer({ ...root, artifactType: `${longest}z` })).toEqual(root);
  expect(listedReferrer({ ...root, artifactType: "应用/签名" })).toEqual(root);
  expect(listedReferrer({ ...root, artifactType: longest }).artifactType).toBe(longest);
});
