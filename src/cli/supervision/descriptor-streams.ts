import type { CommandContext } from "../specs/command.ts";
import type { ChannelValues } from "../specs/common-options.ts";

/** The Aeron streams on which descriptors may be. */
export interface DescriptorStreams<Values> {
  /** The values as those read them who know one such stream. */
  readonly values: Values;
  /** Beside the one of these values. */
  readonly others: readonly number[];
}

/** From --descriptor-stream-id, which may name several, and from what the settings say of single streams. */
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
