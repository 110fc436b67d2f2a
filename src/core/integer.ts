/** Largest number that the engine keeps as an integer. */
export const MAX_INT32 = 0x7fff_ffff;

const TWO_32 = 0x1_0000_0000;

/** The upper 32 bits of a safe integer of at least 0; without a division if the engine stores the value as an integer. */
export function highWord(value: number): number {
  return value <= MAX_INT32 ? 0 : Math.floor(value / TWO_32);
}

/**
 * The same number, stored as an integer if the engine can. A result of `2 ** n` or a value from a Float64Array stays a double, and so does
 * everything computed from it, which doubles the work in hot code.
 */
export function asInteger(value: number): number {
  return value === (value | 0) ? value | 0 : value;
}
