import type { FileIndex } from "./file-index.ts";
import { decoderFor, type FrameDecoder } from "./frame-decode.ts";
import type { SourceTable } from "./source-table.ts";

/** One stream of frames in a recording. */
export class RecordedStream {
  /** Its recorded id; null in a recording of another program. */
  readonly streamId: number | null;
  /** Name of the data source; in a recording of another program, the topic. */
  readonly name: string;
  /** Topics of its messages. */
  readonly topics: readonly string[];
  readonly channelIds: ReadonlySet<number>;
  /** Epochs in the order of their channels. */
  readonly epochs: readonly bigint[];
  /** Each channel's metadata about its frames, e.g. `dtype`. */
  readonly channelMetadata: readonly Readonly<Record<string, string>>[];
  readonly #decoders: ReadonlyMap<number, FrameDecoder>;

  constructor(streamId: number | null, name: string, index: FileIndex, decoders: ReadonlyMap<number, FrameDecoder>) {
    this.streamId = streamId;
    this.name = name;
    this.channelIds = new Set(decoders.keys());
    this.#decoders = decoders;
    const channels = [...decoders.keys()]
      .map((id) => index.channels.get(id))
      .filter((channel) => channel !== undefined);
    this.topics = [...new Set(channels.map(({ topic }) => topic))];
    this.channelMetadata = channels.map(({ metadata }) => metadata);
    const epochs = this.channelMetadata.map(({ epoch }) => epoch ?? "").filter((text) => /^\d{1,20}$/.test(text));
    this.epochs = [...new Set(epochs)].map(BigInt);
  }

  /** The stream's display name: its id or topic. */
  get label(): string {
    return this.streamId === null ? this.name : String(this.streamId);
  }

  decoderOf(channelId: number): FrameDecoder {
    return this.#decoders.get(channelId) as FrameDecoder;
  }
}

/** The streams of a file, in the order of their first channels. */
export function streamsOf(index: FileIndex, sources: SourceTable): readonly RecordedStream[] {
  const groups = new Map<string, { streamId: number | null; name: string; decoders: Map<number, FrameDecoder> }>();
  for (const channel of index.channels.values()) {
    const decoder = decoderFor(channel, index.schemas.get(channel.schemaId));
    if (decoder === null) continue;
    const text = channel.metadata.stream_id ?? "";
    const streamId = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
    const key = streamId === null ? `topic ${channel.topic}` : `id ${streamId}`;
    const name = streamId === null ? channel.topic : (sources.nameOf(streamId) ?? sourceName(channel.topic));
    const group = groups.get(key) ?? { streamId, name, decoders: new Map() };
    group.decoders.set(channel.id, decoder);
    groups.set(key, group);
  }
  return [...groups.values()].map(
    ({ streamId, name, decoders }) => new RecordedStream(streamId, name, index, decoders),
  );
}

/** `/camera-1/image` belongs to camera-1. */
function sourceName(topic: string): string {
  return topic.replace(/^\//, "").replace(/\/(image|frame)$/, "");
}
