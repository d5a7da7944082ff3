import { type BusEvent, newEvent } from "../../../local/events/event.ts";
import { parseTargetInput } from "../../../local/events/target-input.ts";

const rule = { arn: "arn:aws:events:eu-central-1:333333333333:rule/mine", name: "mine" };
const event: BusEvent = newEvent({
  "detail-type": "Object Created",
  source: "aws.s3",
  account: "333333333333",
  region: "eu-central-1",
  resources: ["arn:aws:s3:::inbox"],
  detail: {
    object: { key: "images/a b.tar", size: 5 },
    list: [{ n: 1 }, { n: 2 }],
    quoted: 'a"b',
    none: null,
  },
});

const given = (target: Record<string, unknown>) => parseTargetInput(target, "Rule: Targets.0")(event, rule);
const transformed = (InputTemplate: string, InputPathsMap: Record<string, string> = {}) =>
  given({ InputTransformer: { InputPathsMap, InputTemplate } });

test("a target without an input gets the whole event", () => {
  expect(JSON.parse(given({}))).toEqual(event);
});

test("Input is passed on as it is, and InputPath picks a part of the event", () => {
  expect(given({ Input: '{ "a": 1 }' })).toBe('{ "a": 1 }');
  expect(JSON.parse(given({ InputPath: "$.detail.list[1]" }))).toEqual({ n: 2 });
  expect(given({ InputPath: "$.detail.absent" })).toBe("null");
});

describe("an input transformer", () => {
  const paths = {
    key: "$.detail.object.key",
    size: "$.detail.object.size",
    detail: "$.detail",
    none: "$.detail.none",
  };

  test("puts values in as JSON where they are not in quotes", () => {
    const text = transformed('{"key":<key>,"size":<size>,"detail":<detail>,"list":[<size>,<key>]}', paths);
    expect(JSON.parse(text)).toEqual({
      key: "images/a b.tar",
      size: 5,
      detail: event.detail,
      list: [5, "images/a b.tar"],
    });
  });

  test("splices values into quoted text, objects without their quotes", () => {
    const text = transformed('{"uri":"s3://inbox/<key> (<size>)","\\"<size>":"<object>"}', {
      ...paths,
      object: "$.detail.object",
    });
    expect(JSON.parse(text)).toEqual({
      uri: "s3://inbox/images/a b.tar (5)",
      '"5': "{key:images/a b.tar,size:5}",
    });
  });

  test("does not escape what it splices, as EventBridge does not", () => {
    expect(transformed('{"text":"<quoted>"}', { quoted: "$.detail.quoted" })).toBe('{"text":"a"b"}');
  });

  test("makes an empty text of what the event has not", () => {
    expect(
      transformed('{"a":<absent>,"b":"x<absent>y","c":<none>}', { ...paths, absent: "$.detail.absent" }),
    ).toBe('{"a":"","b":"xy","c":""}');
  });

  test("knows the predefined variables", () => {
    const template =
      '{"arn":<aws.events.rule-arn>,"text":"<aws.events.rule-name>","event":<aws.events.event.json>,"short":<aws.events.event>,"at":<aws.events.event.ingestion-time>}';
    const { detail: _, ...short } = event;
    expect(JSON.parse(transformed(template))).toEqual({
      arn: rule.arn,
      text: "mine",
      event,
      short,
      at: event.time,
    });
  });

  test("may be one text", () => {
    expect(transformed('"<key> came"', paths)).toBe('"images/a b.tar came"');
  });

  test("leaves braces, dollars and escapes of the template alone", () => {
    expect(JSON.parse(transformed('{"d":"{basename}:$1 $& \\\\ \\" \\u00e9"}'))).toEqual({
      d: '{basename}:$1 $& \\ " é',
    });
  });
});

describe("refused by name:", () => {
  const map = (path: string) => ({ InputTransformer: { InputPathsMap: { a: path }, InputTemplate: "<a>" } });
  const template = (InputTemplate: unknown) => ({
    InputTransformer: { InputPathsMap: { a: "$.a" }, InputTemplate },
  });
  test.each([
    [{ Input: "{" }, "Targets.0.Input is not JSON"],
    [{ Input: "{}", InputPath: "$" }, "Input and InputPath"],
    [{ InputPath: "detail" }, "Targets.0.InputPath"],
    [map("$.detail[*]"), "InputPathsMap.a"],
    [map("$..key"), "InputPathsMap.a"],
    [map("$['key']"), "InputPathsMap.a"],
    [{ InputTransformer: { InputPathsMap: { "a.b": "$" }, InputTemplate: "1" } }, "name a.b"],
    [{ InputTransformer: { InputPathsMap: { "aws.x": "$" }, InputTemplate: "1" } }, "name aws.x"],
    [{ InputTransformer: { InputTemplate: "1", Other: 1 } }, "Other"],
    [template("<b>"), "placeholder <b>"],
    [template('"in <b> text"'), "placeholder <b>"],
    [template("{<a>:1}"), "is not JSON"],
    [template("<a> came"), "is not JSON"],
    [template(""), "InputTemplate"],
    [template(undefined), "InputTemplate"],
    [template(JSON.stringify("x".repeat(8191))), "8192"],
  ])("%j", (target, text) => {
    expect(() => parseTargetInput(target, "Rule: Targets.0")).toThrow(text);
  });

  test("more than 100 paths", () => {
    const InputPathsMap = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`n${n}`, "$"]));
    expect(() => parseTargetInput({ InputTransformer: { InputPathsMap, InputTemplate: "1" } }, "T")).toThrow(
      "101 paths",
    );
  });
});
