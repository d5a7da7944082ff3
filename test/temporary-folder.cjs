const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/** Has all temporary folders of a run, also those of CDK and of programs that tests start, below one that is removed at its end. */
module.exports = () => {
  const folder = mkdtempSync(join(tmpdir(), "ecr-replicator-tests-"));
  process.env.TMPDIR = folder;
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
};
