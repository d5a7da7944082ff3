/** A text that takes at most so many bytes in JSON, quotes left out: what is cut off is an ellipsis. */
export function shortened(text: string, most: number): string {
  if (sizeOf(text) <= most) return text;
  let size = sizeOf("…");
  let end = 0;
  for (const character of text) {
    size += sizeOf(character);
    if (size > most) break;
    end += character.length;
  }
  return `${text.slice(0, end)}…`;
}

function sizeOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
