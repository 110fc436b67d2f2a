import type { Fallback } from "../protocol/fallback-uri.ts";
import { type Endpoint, readEndpoint } from "./channels.ts";

/** Where frames of a fallback arrive on this host; a text says why none can. `unknown`: what to do about a bridge without an endpoint. */
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
