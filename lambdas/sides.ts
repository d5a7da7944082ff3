import { openSides } from "../adapters/open.ts";

/** The bucket that compressed archives are inflated into; undefined where a function has none. */
export const workBucket = process.env["WORK_BUCKET"];

/** What opens the two sides in a function. */
export const sides = openSides(workBucket);
