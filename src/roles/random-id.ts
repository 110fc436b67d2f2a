/** A random client id (W-38): neither 0, which means "none" on the wire, nor the null value. */
export function randomId(): number {
  const [id = 1] = crypto.getRandomValues(new Uint32Array(1));
  return id === 0 || id === 0xffff_ffff ? 1 : id;
}
