import type { ModeFilter } from "../protocol/mode-filter.ts";
import { type ConsumerConfigDecoder, Mode } from "../sbe/generated/control/index.ts";

/** Applies the mode and decimation of a ConsumerConfig (W-39, W-40); returns the new settings for the log. */
export function applyConsumerConfig(message: ConsumerConfigDecoder, filter: ModeFilter): string {
  if (message.mode === Mode.LATEST) filter.mode = "latest";
  else if (message.mode === Mode.DECIMATED) filter.mode = "decimated";
  else filter.mode = "stream";
  // A decimation of 0 has no meaning: it is read as "all", like 1.
  filter.decimation = Math.max(1, message.decimation);
  return filter.mode === "decimated" ? `mode decimated, one frame of ${filter.decimation}` : `mode ${filter.mode}`;
}
