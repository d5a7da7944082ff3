const Sequencer = require("@jest/test-sequencer").default;

/** Begins with the tests of the pipeline, which take longest, so that no worker is left alone with one of them at the end. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      if (path.endsWith("rules-many.test.ts")) return 0;
      return path.includes("/pipeline/") ? 1 : 2;
    };
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
};
