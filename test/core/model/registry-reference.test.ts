import { formatRegistryImage, parseRegistryImage } from "../../../core/model/registry-reference.ts";

const digest = `sha256:${"ab".repeat(32)}`;

describe("parseRegistryImage reads", () => {
  test.each([
    ["nginx", "docker.io/library/nginx:latest"],
    ["nginx:1.27", "docker.io/library/nginx:1.27"],
    ["grafana/grafana", "docker.io/grafana/grafana:latest"],
    ["docker.io/nginx", "docker.io/library/nginx:latest"],
    ["index.docker.io/nginx", "docker.io/library/nginx:latest"],
    ["registry-1.docker.io/library/nginx", "docker.io/library/nginx:latest"],
    ["DOCKER.IO/nginx", "docker.io/library/nginx:latest"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app:1", "localhost:5000/app:1"],
    ["127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest"],
    ["[::1]:5000/app", "[::1]:5000/app:latest"],
    ["Registry/app", "registry:443/app:latest"],
    ["Localhost/app", "localhost/app:latest"],
    ["GHCR.io/org/app", "ghcr.io/org/app:latest"],
    ["registry:65535/app", "registry:65535/app:latest"],
    ["public.ecr.aws/nginx/nginx:stable", "public.ecr.aws/nginx/nginx:stable"],
    ["europe-docker.pkg.dev/p/r/i", "europe-docker.pkg.dev/p/r/i:latest"],
    ["a.b/x__y.z-w/v---u", "a.b/x__y.z-w/v---u:latest"],
    [`quay.io/a/b@${digest}`, `quay.io/a/b@${digest}`],
    [`nginx:1.27@${digest}`, `docker.io/library/nginx:1.27@${digest}`],
    [`nginx:${"t".repeat(128)}`, `docker.io/library/nginx:${"t".repeat(128)}`],
    [`quay.io/${"a".repeat(255)}`, `quay.io/${"a".repeat(255)}:latest`],
    [`quay.io/${"a".repeat(64)}/b`, `quay.io/${"a".repeat(64)}/b:latest`],
  ])("%s", (text, full) => {
    const image = parseRegistryImage(text);
    expect(formatRegistryImage(image)).toBe(full);
    expect(parseRegistryImage(full)).toEqual(image);
  });

  test("parts apart", () => {
    expect(parseRegistryImage(`ghcr.io:443/org/app:v1@${digest}`)).toEqual({
      repository: { host: "ghcr.io:443", name: "org/app" },
      tag: "v1",
      digest,
    });
  });
});

describe("parseRegistryImage refuses", () => {
  test.each([
    ["", "names no repository"],
    [":latest", "names no repository"],
    [`@${digest}`, "names no repository"],
    ["quay.io/", "names no repository"],
    ["https://quay.io/app", "begins with 'https://'; leave that out"],
    ["docker://nginx", "begins with 'docker://'; leave that out"],
    ["Nginx", "'Nginx' is no repository: lower-case"],
    ["quay.io/Org/app", "'Org/app' is no repository: lower-case"],
    ["quay.io//app", "'/app' is no repository"],
    ["quay.io/app/", "'app/' is no repository"],
    ["/app", "'/app' is no repository"],
    ["quay.io/a..b", "'a..b' is no repository"],
    ["quay.io/../../etc", "is no repository"],
    ["quay.io/a___b", "is no repository"],
    ["quay.io/-a", "is no repository"],
    ["quay.io/a%2fb", "is no repository"],
    ["quay.io/a?b", "is no repository"],
    ["quay.io/a#b", "is no repository"],
    ["quay.io/a b", "is no repository"],
    [`quay.io/${"a".repeat(256)}`, "it has 256 characters, and at most 255"],
    ["b".repeat(248), "it has 256 characters, and at most 255"],
    ["ab".repeat(32), "is no repository but a digest"],
    ["quay.io/app:", "'' is no tag"],
    ["quay.io/app:.x", "'.x' is no tag"],
    ["quay.io/app:a:b", "'a:b' is no tag"],
    ["quay.io/app:ü", "is no tag"],
    [`quay.io/app:${"t".repeat(129)}`, "is no tag: up to 128"],
    ["quay.io/app@latest", "'latest' is no digest"],
    ["quay.io/app@sha256:ab", "'sha256:ab' is no digest"],
    [`quay.io/app@${digest}@${digest}`, "is no digest"],
    [`quay.io/app@${digest.toUpperCase()}`, "is no digest"],
    [`quay.io/app@sha512:${"ab".repeat(64)}`, "is no digest"],
    ["quay.io:0/app", "'quay.io:0' is no registry's host"],
    ["quay.io:65536/app", "is no registry's host"],
    ["quay.io:/app", "is no registry's host"],
    ["quay.io:http/app", "is no registry's host"],
    ["nginx:latest/app", "'nginx:latest' is no registry's host"],
    ["user@quay.io/app", "is no registry's host"],
    ["user:pass@quay.io/app", "is no registry's host"],
    ["-a.io/app", "is no registry's host"],
    ["a..io/app", "is no registry's host"],
    ["quay.io./app", "is no registry's host"],
    [".io/app", "is no registry's host"],
    ["[::1/app", "is no registry's host"],
    ["[::::]/app", "is no registry's host"],
    ["0x7f.1/app", "is no registry's host"],
    ["127.1/app", "is no registry's host"],
    ["2130706433:80/app", "is no registry's host"],
    ["999.1.1.1/app", "is no registry's host"],
    [`${"a".repeat(64)}.io/app`, "is no registry's host"],
    ["a\\b.io/app", "is no registry's host"],
    ["a.io\u0000/app", "is no registry's host"],
  ])("%j", (text, message) => {
    expect(() => parseRegistryImage(text)).toThrow(RangeError);
    expect(() => parseRegistryImage(text)).toThrow(message);
  });

  test("a long text in no time", () => {
    expect(() => parseRegistryImage(`quay.io/${"a_".repeat(1_000_000)}`)).toThrow("at most 255");
    expect(() => parseRegistryImage(`${"a.".repeat(1_000_000)}/a`)).toThrow("host");
  });
});
