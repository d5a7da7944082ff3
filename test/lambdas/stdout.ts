/** The lines that a piece of work writes to its standard output, past the console. */
export async function stdoutOf(work: () => unknown): Promise<string[]> {
  const written: string[] = [];
  const spy = jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return written.join("").split("\n").slice(0, -1);
}
