import { ROLE_OPTIONS } from "./common-options.ts";
import type { OptionSpec } from "./option-spec.ts";

/**
 * Where streams and their messages are, for tools that only listen and speak: they never start a media driver. All take --shm-dir, so
 * that the same places can be given to every command of a session.
 */
export const MESSAGE_OPTIONS: readonly OptionSpec[] = ROLE_OPTIONS.filter(({ name }) =>
  [
    "aeron-dir",
    "shm-dir",
    "channel",
    "control-stream-id",
    "announce-stream-id",
    "descriptor-stream-id",
    "qos-stream-id",
    "metadata-stream-id",
    "idle",
  ].includes(name),
);
