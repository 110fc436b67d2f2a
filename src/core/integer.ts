/** Largest number that the engine keeps as an integer. */
export const MAX_INT32 = 0x7fff_ffff;

const TWO_32 = 0x1_0000_0000;

/** The upper 32 bits of a safe integer from 0 on; of one that the engine keeps as an integer without dividing. */
export function highWord(value: number): number {
  return value <= MAX_INT32 ? 0 : Math.floor(value / TWO_32);
}

/**
 * The same number; as an integer where the engine can have it as one. What was computed by `2 ** n` or read from a Float64Array is
 * a double to it for good, and makes doubles of everything that is computed from it: for hot code that is twice the work.
 */
export function asInteger(value: number): number {
  return value === (value | 0) ? value | 0 : value;
}
