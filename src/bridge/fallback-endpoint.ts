import type { Fallback } from "../protocol/fallback-uri.ts";
import { type Endpoint, readEndpoint } from "./channels.ts";

/** Endpoint of a fallback's frames on this host, or a text with the reason. `unknown`: advice for bridges without one. */
export function fallbackEndpoint(
  fallback: Fallback,
  endpointOf: (bridgeId: string) => Endpoint | undefined,
  unknown: (bridgeId: string) => string,
): Endpoint | string {
  if (fallback.kind === "aeron") {
    return readEndpoint(fallback.channel) ?? "no bridge sends there: expected aeron:udp?endpoint=ADDRESS:PORT";
  }
  const { bridgeId } = fallback;
  return endpointOf(bridgeId) ?? `no bridge has this id here: ${unknown(bridgeId)}`;
}
