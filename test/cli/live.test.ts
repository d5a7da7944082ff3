import { Block, Log, openLive } from "../../cli/live.ts";
import { Screen } from "./screen.ts";

const view = (...block: string[]) => ({ block, line: block.join(", ") });

test.each([
  [true, "xterm-256color", Block],
  [true, "dumb", Log],
  [false, "xterm-256color", Log],
])("a stream that is a terminal (%p) of type %p gets %p", (isTTY, terminal, kind) => {
  const live = openLive({ isTTY, write: () => true } as unknown as NodeJS.WriteStream, terminal);
  expect(live).toBeInstanceOf(kind);
});

test("on a terminal a view takes the place of the last, below what stays", () => {
  const screen = new Screen();
  const live = new Block(screen);
  live.show(view("a 1", "b 1"));
  live.note("something happened");
  live.show(view("a 2"));
  expect(screen.lines).toEqual(["something happened", "a 2"]);
  expect(screen.cursorShown).toBe(false);
  live.end();
  expect(screen.lines).toEqual(["something happened", "a 2"]);
  expect(screen.cursorShown).toBe(true);
});

test("a view that is wider or higher than the terminal is cut while it changes", () => {
  const screen = new Screen(10, 5);
  const live = new Block(screen);
  live.show(view("123456789012345", "2", "3", "4", "5"));
  live.show(view("123456789012345", "2", "3", "4", "5"));
  expect(screen.lines).toEqual(["123456789", "2", "3"]);
});

test("in a log a view is a line, every ten seconds at most and when it has changed", () => {
  const clock = { now: 0 };
  const written: string[] = [];
  const live = new Log({ write: (text) => written.push(text) }, () => clock.now);
  live.show(view("1"));
  clock.now += 9_999;
  live.show(view("2"));
  live.note("something happened");
  clock.now += 1;
  live.show(view("3"));
  clock.now += 20_000;
  live.show(view("3"));
  live.show(view("4"));
  live.show(view("5"));
  live.end();
  expect(written).toEqual(["1\n", "something happened\n", "3\n", "4\n", "5\n"]);
});
