const encoder = new TextEncoder();

/**
 * True if an administrative request (ShmDriverShutdownRequest, ShmLeaseRevokeRequest) carries the configured token (D-20). Always false
 * while the configured token is empty: such requests are then off. The running time depends only on the length of the given token, so it
 * reveals nothing about the configured one.
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
