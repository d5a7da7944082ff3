import { openSides } from "../adapters/open.ts";
import { surroundings } from "./surroundings.ts";

/** What opens the two sides in a function. */
export const sides = openSides(surroundings);
