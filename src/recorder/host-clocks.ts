import { monotonic } from "../aeron/monotonic.ts";
import { epochOf, knowsTai } from "../aeron/wall-clocks.ts";
import type { HostClocks } from "./recording-time.ts";

/** The clocks of this host as they are now. */
export function hostClocks(): HostClocks {
  return { monotonic, realtime: epochOf("realtime"), tai: knowsTai() ? epochOf("tai") : null };
}
