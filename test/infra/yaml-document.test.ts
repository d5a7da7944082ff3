import { readYaml } from "../../infra/yaml-document.ts";

const text = `# a comment
name: &mine
  first: 1
  "second one": [a, { b: c }]
list:
  - x: 1

    y: |
      long
      text
  - *mine
  - <<: *mine
    z: 2
`;

describe("readYaml", () => {
  const document = readYaml(text);

  test("gives the value, with anchors and merged fields in their places", () => {
    const mine = { first: 1, "second one": ["a", { b: "c" }] };
    expect(document.value).toEqual({
      name: mine,
      list: [{ x: 1, y: "long\ntext\n" }, mine, { ...mine, z: 2 }],
    });
  });

  const places: [(string | number)[], string][] = [
    [[], "2:1"],
    [["name"], "2:1"],
    [["name", "first"], "3:3"],
    [["name", "second one", 0], "4:18"],
    [["name", "second one", 1, "b"], "4:23"],
    [["list", 0], "6:5"],
    [["list", 0, "y"], "8:5"],
    [["list", 2, "z"], "13:5"],
  ];
  test.each(places)("says where %j stands", (path, place) => {
    expect(document.at(path)).toBe(place);
  });

  test("says of what is not in the text where its parent stands", () => {
    expect(document.at(["list", 1, "first"])).toBe("11:6");
    expect(document.at(["list", 2, "first"])).toBe("12:5");
    expect(document.at(["list", 0, "absent", "deeper"])).toBe("6:5");
    expect(document.at(["absent"])).toBe("2:1");
  });

  test.each([
    ["a: 1\na: 2\n", "2:1: duplicated mapping key"],
    ["a:\n\t- b\n", "2:1: tab characters must not be used in indentation"],
    ["a: [1\n", "2:1: deficient indentation"],
    ["a: *b\n", '1:5: unidentified alias "b"'],
    ["a: {b\n: }}", "2:1: deficient indentation"],
    ["", "1:1: it has 0 YAML documents instead of one"],
    ["# nothing\n", "1:1: it has 0 YAML documents"],
    ["a: 1\n---\nb: 2\n", "1:1: it has 2 YAML documents"],
    ["{a: 1}: 2", "1:1: "],
  ])("refuses %j: %s", (bad, message) => {
    expect(() => readYaml(bad)).toThrow(new RegExp(`^${message.replace(/[*{}]/g, "\\$&")}`));
  });

  test("counts lines that end in CR LF as one", () => {
    expect(readYaml("a: 1\r\nb: 2\r\n").at(["b"])).toBe("2:1");
  });
});
