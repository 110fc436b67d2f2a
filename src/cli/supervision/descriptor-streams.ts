import type { CommandContext } from "../command.ts";
import { readSettings } from "../config/read-settings.ts";
import { settingsSchema } from "../config/schema.ts";
import type { OptionValues } from "../option-spec.ts";

/** The Aeron streams on which descriptors may be. */
export interface DescriptorStreams {
  /** The options as those read them who know one such stream. */
  readonly options: OptionValues;
  /** Beside the one of these options. */
  readonly others: readonly number[];
}

/** From --descriptor-stream-id, which may name several, and from what the settings say of single streams. */
export function descriptorStreamsOf({ options, commands }: CommandContext): DescriptorStreams {
  const [first, ...rest] = options.list("descriptor-stream-id") ?? [];
  const { general } = readSettings(settingsSchema(commands), options.given.get("config"), process.env);
  const ofStreams = [...general.streams.values()].map(({ descriptorStreamId }) => descriptorStreamId);
  return {
    options: first === undefined ? options : options.replaced("descriptor-stream-id", first),
    others: [...new Set([...rest.map(Number), ...ofStreams])],
  };
}
