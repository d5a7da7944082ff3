import { fullName, hasTag, repositoryOf, sameName, tagOf } from "../../../core/model/image-name.ts";

const hex = "ab".repeat(32);

test.each([
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["docker.io/nginx", "docker.io/library/nginx:latest"],
  ["index.docker.io/library/nginx:latest", "docker.io/library/nginx:latest"],
  ["team/app", "docker.io/team/app:latest"],
  ["localhost/app", "localhost/app:latest"],
  ["localhost:5000/app", "localhost:5000/app:latest"],
  ["ghcr.io/team/app:v1", "ghcr.io/team/app:v1"],
  ["Host/app", "Host/app:latest"],
  [`nginx@sha256:${hex}`, `docker.io/library/nginx@sha256:${hex}`],
])("the full name of %s is %s", (name, full) => {
  expect(fullName(name)).toBe(full);
});

test.each([
  ["app:v1", true],
  ["host:5000/app:v1", true],
  ["host:5000/app", false],
  ["v1", false],
  ["", false],
])("whether %s has a tag: %p", (name, expected) => {
  expect(hasTag(name)).toBe(expected);
});

test.each([
  ["nginx", "docker.io/library/nginx:latest", true],
  ["docker.io/library/nginx:latest", "nginx:latest", true],
  ["nginx:1", "nginx:2", false],
  ["v1", "v1", true],
  ["v1:latest", "v1", false],
  ["", "", true],
])("%s and %s name one image: %p", (wanted, name, expected) => {
  expect(sameName(wanted, name)).toBe(expected);
});

test("a name of any length is read in no time", () => {
  expect(fullName(".".repeat(4_000_000))).toHaveLength(4_000_000 + "docker.io/library/:latest".length);
});

test.each([
  ["nginx", undefined, "nginx"],
  ["nginx:1.25", "nginx", "1.25"],
  ["docker.io/library/nginx:1.25", "nginx", "1.25"],
  ["library/nginx:1", "nginx", "1"],
  ["docker.io/team/app:1", "team/app", "1"],
  ["ghcr.io/org/team/app:v1", "org/team/app", "v1"],
  ["localhost:5000/app:v1", "app", "v1"],
  ["localhost:5000/app", "app", "latest"],
  ["team/app", "team/app", "latest"],
  ["v1.2", undefined, "v1.2"],
  ["app:1@sha256:abc", "app", "@sha256:abc"],
  ["app@sha256:abc", "app", "@sha256:abc"],
])("%s has the repository %s and the tag %s", (name, repository, tag) => {
  expect([repositoryOf(name), tagOf(name)]).toEqual([repository, tag]);
});
