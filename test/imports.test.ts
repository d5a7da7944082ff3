import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "..");

/** What the files of a folder may import: other folders of this project, and packages by pattern. */
const allowed: Record<string, { folders: readonly string[]; packages: RegExp }> = {
  core: { folders: ["core"], packages: /^(node:|zod$|hash-wasm$)/ },
  adapters: { folders: ["core", "adapters"], packages: /^(node:|@aws-sdk\/|@smithy\/)/ },
  lambdas: {
    folders: ["core", "adapters", "lambdas"],
    packages: /^(node:|@aws-lambda-powertools\/logger$|aws-lambda$|@aws-sdk\/credential-provider-env$)/,
  },
  cli: { folders: ["core", "adapters", "cli"], packages: /^(node:|@aws-sdk\/|@smithy\/)/ },
  infra: {
    folders: ["infra", "core/model"],
    packages: /^(node:|aws-cdk-lib(\/|$)|constructs$|zod$|js-yaml$)/,
  },
};

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const statement = /(?:^|[;\n])\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/g;
const dynamic = /\bimport\(\s*["'`]([^"'`]+)["'`]\s*\)/g;

function importsOf(folder: string): Import[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const text = readFileSync(join(root, folder, file), "utf8");
      const found = (specifier = "", typeOnly = false) => ({
        file: join(folder, file),
        folder,
        specifier,
        typeOnly,
      });
      return [
        ...[...text.matchAll(statement)].map(([, type, specifier]) => found(specifier, type !== undefined)),
        ...[...text.matchAll(dynamic)].map(([, specifier]) => found(specifier)),
      ];
    });
}

function isAllowed({ file, folder, specifier, typeOnly }: Import): boolean {
  const rule = allowed[folder];
  if (!rule) return false;
  if (!specifier.startsWith(".")) return rule.packages.test(specifier);
  const target = relative(root, join(root, file, "..", specifier));
  if (folder === "cli" && target === "package.json") return true;
  // It needs no CDK, and rules are read as the app reads them.
  if (folder === "cli" && target === "infra/yaml-document.ts") return true;
  return (
    rule.folders.some((each) => target.startsWith(`${each}/`)) ||
    (folder === "infra" && target.startsWith("core/") && typeOnly)
  );
}

const described = ({ file, specifier }: Import) => `${file} imports ${specifier}`;

test.each(Object.keys(allowed))("%s imports only what it may", (folder) => {
  const imports = importsOf(folder);
  expect(imports.filter((found) => !isAllowed(found)).map(described)).toEqual([]);
});

test.each(Object.keys(allowed))("every relative import in %s names its file with the extension", (folder) => {
  const relatives = importsOf(folder).filter(({ specifier }) => specifier.startsWith("."));
  expect(relatives.filter(({ specifier }) => !/\.(ts|json)$/.test(specifier)).map(described)).toEqual([]);
});

test("the package's entry needs nothing but what the package depends on", () => {
  const imports = [...importsOf("infra"), ...importsOf("core")];
  const reached = new Set(["infra/index.ts"]);
  for (const file of reached) {
    const relatives = imports.filter((each) => each.file === file && each.specifier.startsWith("."));
    for (const { specifier } of relatives) reached.add(join(file, "..", specifier));
  }
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const had = Object.keys({ ...dependencies, ...peerDependencies });
  const needed = imports
    .filter(({ file, specifier }) => reached.has(file) && !/^(\.|node:)/.test(specifier))
    .map(({ specifier }) => specifier.split("/")[0] ?? "");
  expect(needed).toContain("aws-cdk-lib");
  expect(needed.filter((each) => !had.includes(each))).toEqual([]);
});

test("local imports no product code", () => {
  const product = importsOf("local").filter(({ file, specifier }) => {
    const target = relative(root, join(root, file, "..", specifier)).split("/")[0] ?? "";
    return specifier.startsWith(".") && target !== "local";
  });
  expect(product.map(described)).toEqual([]);
});

test("the check itself sees every way of importing", () => {
  const text = `import "a";\nimport type { B } from "b";\nexport { c } from "c";\nimport {\n  d,\n} from "d";\nawait import("e");`;
  const specifiers = [...text.matchAll(statement)].map(([, , specifier]) => specifier);
  expect([...specifiers, ...[...text.matchAll(dynamic)].map(([, found]) => found)]).toEqual([
    "a",
    "b",
    "c",
    "d",
    "e",
  ]);
});
