const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes for people, such as `12.3 MiB`. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const amount = count / 1024 ** power;
  return `${power === 0 ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
}

/** A whole number of seconds for people, such as `2 min 05 s`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${padded(whole % 60)} s`;
  return `${Math.floor(whole / 3_600)} h ${padded(Math.floor(whole / 60) % 60)} min`;
}

/** A count with its noun, such as `1 layer` or `2 layers`. */
export function count(amount: number, noun: string): string {
  return `${grouped(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}

/** A whole number for people, such as `2,000`. */
export function grouped(amount: number): string {
  return amount.toLocaleString("en");
}

function padded(amount: number): string {
  return String(amount).padStart(2, "0");
}
