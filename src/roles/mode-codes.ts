import type { ConsumerMode } from "../protocol/mode-filter.ts";
import { Mode } from "../sbe/generated/control/index.ts";

/** Wire codes of the consumer modes. */
export const MODE_CODES: Readonly<Record<ConsumerMode, number>> = {
  stream: Mode.STREAM,
  latest: Mode.LATEST,
  decimated: Mode.DECIMATED,
};
