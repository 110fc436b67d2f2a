const encoder = new TextEncoder();

/**
 * True when an administrative request (ShmDriverShutdownRequest, ShmLeaseRevokeRequest) carries the configured token (D-20).
 * Never without one: such requests are off while the token is empty. The time it takes depends on the length of what was given
 * alone, so it tells nothing about the token.
 */
export function isAdminTokenValid(configured: string, given: string | Uint8Array): boolean {
  const expected = encoder.encode(configured);
  const found = typeof given === "string" ? encoder.encode(given) : given;
  if (expected.length === 0) return false;
  let difference = expected.length ^ found.length;
  for (let i = 0; i < found.length; i++) {
    difference |= (expected[i % expected.length] as number) ^ (found[i] as number);
  }
  return difference === 0;
}
