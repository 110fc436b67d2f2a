import { monotonic } from "../aeron/monotonic.ts";
import { epochOf, knowsTai } from "../aeron/wall-clocks.ts";
import type { HostClocks } from "./recording-time.ts";

/** Current readings of this host's clocks. */
export function hostClocks(): HostClocks {
  return { monotonic, realtime: epochOf("realtime"), tai: knowsTai() ? epochOf("tai") : null };
}
