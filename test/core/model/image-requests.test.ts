import { imageRequests, maxImages } from "../../../core/model/image-requests.ts";
import { parseRequest } from "../../../core/model/request.ts";

const host = "222222222222.dkr.ecr.eu-central-1.amazonaws.com";

function requestsOf(
  destination: string,
  names: readonly (readonly string[])[],
  source = "s3://b-1/images/app.tar",
) {
  const request = parseRequest({ source, destination: `${host}/${destination}` });
  return imageRequests(
    request,
    names.map((each) => ({ names: each })),
  ).map((each) => [each.source, each.destination.slice(host.length + 1)]);
}

describe("imageRequests", () => {
  test("leaves a request for one image as it is", () => {
    expect(requestsOf("mirror/app", [["a:1"], ["b:2"]])).toEqual([["s3://b-1/images/app.tar", "mirror/app"]]);
  });

  test.each([
    ["images/react-frontend.tar", "images/react-frontend react-frontend"],
    ["images/app.tar.gz", "images/app app"],
    ["app.tgz", "app app"],
    ["a/b/app.tar.zst", "a/b/app app"],
    ["a/b/app-1.2.TAR", "a/b/app-1.2 app-1.2"],
    ["a/b/app.oci", "a/b/app.oci app.oci"],
  ])("fills in what the key %s is", (key, expected) => {
    const [[, destination] = []] = requestsOf("{key}/x/{basename}:1", [[]], `s3://b-1/${key}`);
    expect(destination).toBe(`${expected.split(" ").join("/x/")}:1`);
  });

  test("gives each image a place of its own, and names it in the archive", () => {
    expect(
      requestsOf("vendor/{name}:{tag}", [["a:1"], ["docker.io/library/b:2"], ["ghcr.io/c/d:3"]]),
    ).toEqual([
      ["s3://b-1/images/app.tar#a:1", "vendor/a:1"],
      ["s3://b-1/images/app.tar#docker.io/library/b:2", "vendor/b:2"],
      ["s3://b-1/images/app.tar#ghcr.io/c/d:3", "vendor/c/d:3"],
    ]);
  });

  test("copies an image under each of its names", () => {
    expect(requestsOf("{name}:{tag}", [["app:1.2.3", "app:latest"]]).map(([, to]) => to)).toEqual([
      "app:1.2.3",
      "app:latest",
    ]);
  });

  test("takes two ways to write one name for one", () => {
    expect(requestsOf("{name}:{tag}", [["app:1", "docker.io/library/app:1"]])).toHaveLength(1);
  });

  test("takes full names where an image has them, and else the tag that an OCI layout has", () => {
    expect(requestsOf("{name}:{tag}", [["docker.io/library/app:1", "1"]]).map(([, to]) => to)).toEqual([
      "app:1",
    ]);
    expect(requestsOf("app:{tag}", [["v1"], ["v2"]]).map(([, to]) => to)).toEqual(["app:v1", "app:v2"]);
  });

  test("gives a destination without a tag the one of the image", () => {
    const [[source = ""] = []] = requestsOf("vendor/{name}", [["a:1"]]);
    expect(source).toBe("s3://b-1/images/app.tar#a:1");
  });

  test.each<[string, string, string[][], string, RegExp]>([
    [
      "two images for one place",
      "xx:{tag}",
      [["a:1"], ["b:1"]],
      "RequestInvalid",
      /a:1 and s3.*b:1 would both be/,
    ],
    ["a name that is no repository's", "{name}:1", [["Bad@:x"]], "RequestInvalid", /destination: for s3:/],
    [
      "an image that has only a tag, when its name is asked for",
      "{name}",
      [["v1"]],
      "RequestInvalid",
      /\{name\}/,
    ],
    [
      "an image that has a digest, when its tag is asked for",
      "xx:{tag}",
      [["a@sha256:aa"]],
      "RequestInvalid",
      /aa/,
    ],
    [
      "an image that has a digest, when no tag is given",
      "{name}",
      [["app@sha256:aa"]],
      "RequestInvalid",
      /aa.*is none/,
    ],
    [
      "the only image without a name",
      "{name}",
      [[]],
      "UnsupportedImage",
      /the image in the archive has no name/,
    ],
    ["one image of several without a name", "{name}", [["aa:1"], []], "UnsupportedImage", /image 2 of 2/],
  ])("refuses %s", (_, destination, names, name, message) => {
    expect(() => requestsOf(destination, names)).toThrow(expect.objectContaining({ name }));
    expect(() => requestsOf(destination, names)).toThrow(message);
  });

  test("takes as many images as it may, and not one more", () => {
    const names = Array.from({ length: maxImages }, (_, at) => [`app:${at}`]);
    expect(requestsOf("{name}:{tag}", names)).toHaveLength(maxImages);
    expect(() => requestsOf("{name}:{tag}", [...names, ["app:more"]])).toThrow(/has 51 images/);
  });
});
