/** Throws an Error that names the prop unless its value is a whole number from `min` to `max`. */
export function checkRange(prop: string, value: number, { min, max }: { min: number; max: number }): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${prop}: ${value} is not a whole number from ${min} to ${max}`);
  }
}
