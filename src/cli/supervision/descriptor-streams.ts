import type { CommandContext } from "../specs/command.ts";
import type { ChannelValues } from "../specs/common-options.ts";

/** The Aeron streams that may carry descriptors. */
export interface DescriptorStreams<Values> {
  /** The values for code that supports only one such stream. */
  readonly values: Values;
  /** Further streams, besides the one in these values. */
  readonly others: readonly number[];
}

/** Reads --descriptor-stream-id, which may name several streams, and the settings of single streams. */
export function descriptorStreamsOf<Values extends ChannelValues>({
  values,
  settings,
}: Pick<CommandContext<Values>, "values" | "settings">): DescriptorStreams<Values> {
  const [first, ...rest] = values.descriptorStreamId;
  const ofStreams = [...(settings?.general.streams.values() ?? [])].map(({ descriptorStreamId }) => descriptorStreamId);
  return {
    values: { ...values, descriptorStreamId: first === undefined ? [] : [first] },
    others: [...new Set([...rest, ...ofStreams])],
  };
}
