/** Largest number that the engine keeps as an integer. */
export const MAX_INT32 = 0x7fff_ffff;

/**
 * The same number; as an integer where the engine can have it as one. What was computed by `2 ** n` or read from a Float64Array is
 * a double to it for good, and makes doubles of everything that is computed from it: for hot code that is twice the work.
 */
export function asInteger(value: number): number {
  return value === (value | 0) ? value | 0 : value;
}
