import { properties } from "./properties.ts";
import { tryInputs } from "./property.ts";

/** Inputs in all, the same at every run: more and other ones are tried by `npm run fuzz`. */
const runs = 700;

test.each(properties.map((property) => [property.name, property] as const))(
  "holds for %s",
  async (_, property) => {
    const { finding } = await tryInputs(property, { seed: 1, runs: (runs * property.share) / 100 });
    expect(finding).toBeUndefined();
  },
);
