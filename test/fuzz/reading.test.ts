import { properties } from "./properties.ts";
import { tryInputs } from "./property.ts";

/** Inputs for each property, the same at every run: more and other ones are tried by `npm run fuzz`. */
const runs = 100;

test.each(properties.map((property) => [property.name, property] as const))(
  "holds for %s",
  async (_, property) => {
    const { finding } = await tryInputs(property, { seed: 1, runs });
    expect(finding).toBeUndefined();
  },
);
