/** On Ctrl-C and its like, gives the terminal back and ends as a shell expects: with 128 and the signal's number. */
export function endOnSignal(progress: { end(): void }, consequence: string): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      progress.end();
      process.stderr.write(`ecr-replicator: interrupted; ${consequence}\n`);
      process.exit(code);
    });
  }
}
