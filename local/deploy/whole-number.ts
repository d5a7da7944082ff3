/** The whole numbers that a property may be, both ends included. */
export interface NumberRange {
  readonly least: number;
  readonly most: number;
}

/** A property that is a whole number, perhaps as text; throws an Error that names it when it is another. */
export function wholeNumber(value: unknown, { least, most }: NumberRange, where: string): number {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most)
    return number;
  throw new Error(`${where} is ${JSON.stringify(value)}; ${least} to ${most} would be accepted`);
}
