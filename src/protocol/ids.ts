/**
 * The largest id of a stream, client, consumer or producer; every interface has this limit and no other. The next number is the null value
 * of the wire, and 0 means none.
 */
export const MAX_ID = 0xffff_fffe;

export function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 1 && id <= MAX_ID;
}
