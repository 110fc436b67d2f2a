import { ROLE_OPTIONS } from "./common-options.ts";
import type { OptionSpec } from "./option-spec.ts";

/** Where the messages are, for tools that only listen and speak: they never start a media driver. */
export const MESSAGE_OPTIONS: readonly OptionSpec[] = ROLE_OPTIONS.filter(({ name }) =>
  [
    "aeron-dir",
    "channel",
    "control-stream-id",
    "announce-stream-id",
    "descriptor-stream-id",
    "qos-stream-id",
    "metadata-stream-id",
    "idle",
  ].includes(name),
);
