import { Bars } from "../../cli/bars.ts";
import { Lines } from "../../cli/lines.ts";
import { openProgress } from "../../cli/progress.ts";

test.each([
  [true, "xterm-256color", Bars],
  [true, undefined, Bars],
  [true, "dumb", Lines],
  [false, "xterm-256color", Lines],
])("a stream that is a terminal (%p) of type %p gets %p", (isTTY, terminal, kind) => {
  const progress = openProgress({ isTTY, write: () => true } as unknown as NodeJS.WriteStream, terminal);
  progress.end();
  expect(progress).toBeInstanceOf(kind);
});
