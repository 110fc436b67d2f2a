import { type Attribute, attributeText } from "../protocol/attribute.ts";
import { type FrameKind, FrameMessage } from "../recording/frame-message.ts";
import { FRAME_SCHEMAS, PROTOBUF } from "../recording/schemas.ts";
import type { Frame } from "../roles/frame.ts";
import type { ChannelOwner, ChannelTable, FrameChannel } from "./channel.ts";
import { FrameKey } from "./frame-key.ts";
import { frameKindOf, TIMESTAMP_CLOCK, topicOf } from "./frame-kind.ts";

/** An epoch with more shapes than this uses one channel for all further ones: channel ids have 16 bits. */
const MAX_SHAPES = 64;

export interface EpochFacts {
  readonly streamId: number;
  readonly name: string;
  readonly epoch: bigint;
  readonly owner: ChannelOwner;
  /** The stream's newest attributes: for frames whose own have not arrived yet. */
  readonly attributes: () => readonly Attribute[];
}

/** The channels of one epoch of a stream: one for each kind of frame. */
export class StreamChannels {
  readonly #table: ChannelTable;
  readonly #facts: EpochFacts;
  readonly #key = new FrameKey();
  #name: string;
  #last: FrameChannel | null = null;
  readonly #byKind = new Map<string, FrameChannel>();

  constructor(table: ChannelTable, facts: EpochFacts) {
    this.#table = table;
    this.#facts = facts;
    this.#name = facts.name;
  }

  /** The channel of a frame. Allocates only if the kind differs from the previous frame's. */
  of(frame: Frame): FrameChannel {
    if (this.#last !== null && this.#key.matches(frame.header)) return this.#last;
    const own = frame.attributes;
    const attributes = own.length === 0 ? this.#facts.attributes() : own;
    const clock = attributeText(attributes, TIMESTAMP_CLOCK.key) ?? TIMESTAMP_CLOCK.otherwise;
    const kind = frameKindOf(frame, { ...this.#facts, name: this.#name, clock });
    this.#last = this.#find(kind);
    this.#key.set(frame.header);
    return this.#last;
  }

  /** Metadata arrived: the stream's name and the clock of its frames may have changed. */
  refresh(name: string): void {
    this.#key.clear();
    if (name === this.#name) return;
    this.#name = name;
    this.#byKind.clear();
  }

  #find(kind: FrameKind): FrameChannel {
    const key = `${kind.metaVersion} ${kind.clock} ${kind.dtype} ${kind.majorOrder} ${kind.dims} ${kind.strides} ${kind.byteLength}`;
    const existing = this.#byKind.get(key);
    if (existing !== undefined) return existing;
    const isVaried = this.#byKind.size >= MAX_SHAPES;
    if (!isVaried) {
      const made = this.#make(kind, new FrameMessage(kind), true);
      this.#byKind.set(key, made);
      return made;
    }
    // Each frame contains its own shape.
    const varied = `${kind.metaVersion} ${kind.clock} ${kind.dtype} varied`;
    const message = new FrameMessage(kind, "tensorpool.Frame");
    const shared = this.#byKind.get(varied) ?? this.#make(kind, message, false);
    this.#byKind.set(varied, shared);
    return { ...shared, message };
  }

  #make(kind: FrameKind, message: FrameMessage, hasShape: boolean): FrameChannel {
    const { owner } = this.#facts;
    const schema = this.#table.schema(message.schema, PROTOBUF, FRAME_SCHEMAS[message.schema]);
    const topic = topicOf(kind.name, message.schema);
    const shape = hasShape
      ? { shape: kind.dims.join(","), strides: kind.strides.join(","), order: kind.majorOrder === "row" ? "C" : "F" }
      : {};
    return {
      record: {
        id: this.#table.nextId(),
        schemaId: schema.id,
        topic,
        messageEncoding: PROTOBUF,
        metadata: {
          stream_id: String(kind.streamId),
          epoch: String(kind.epoch),
          dtype: kind.dtype,
          ...shape,
          meta_version: String(kind.metaVersion),
          clock: kind.clock,
        },
      },
      schema,
      owner,
      message,
      clock: kind.clock,
    };
  }
}
