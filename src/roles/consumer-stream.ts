import type { SinkStream } from "../io/types.ts";
import type { Attribute } from "../protocol/attribute.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";
import type { Consumer } from "./consumer.ts";
import type { ConsumerControl } from "./consumer-control.ts";
import { LOSS_CAUSES } from "./counters.ts";
import type { DescriptorIntake } from "./descriptor-intake.ts";
import { ConsumerError } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { HeldFrame } from "./held-frame.ts";
import type { StreamMapping } from "./stream-mapping.ts";

const NO_PLACES: readonly SlotPlace[] = [];

/** A consumer as seen by its sink. */
export class ConsumerStream implements SinkStream {
  readonly streamId: number;
  readonly losses: SinkStream["losses"];
  readonly #consumer: Consumer;
  readonly #mapping: StreamMapping;
  readonly #intake: Pick<DescriptorIntake, "joinedSeq">;
  readonly #control: () => Pick<ConsumerControl, "attachment" | "metadata" | "sourceName">;

  constructor(
    consumer: Consumer,
    mapping: StreamMapping,
    intake: Pick<DescriptorIntake, "joinedSeq">,
    control: () => Pick<ConsumerControl, "attachment" | "metadata" | "sourceName">,
  ) {
    this.#consumer = consumer;
    this.#mapping = mapping;
    this.#intake = intake;
    this.#control = control;
    this.streamId = consumer.streamId;
    this.losses = LOSS_CAUSES.map((cause) => consumer.counters.of[cause]);
  }

  get state(): SinkStream["state"] {
    if (this.#mapping.state === "mapped") return "mapped";
    return this.#control().attachment?.isAttached === true ? "attached" : "waiting";
  }

  get places(): readonly SlotPlace[] {
    return this.#mapping.reader?.places ?? NO_PLACES;
  }

  /** Slots and pools of the mapped epoch; null while nothing is mapped. */
  get layout(): { readonly nslots: number; readonly strideBytes: readonly number[] } | null {
    const { stream } = this.#mapping;
    if (stream === null) return null;
    return { nslots: stream.nslots, strideBytes: stream.pools.map((pool) => pool.strideBytes) };
  }

  /** Seq of the newest frame that was claimed in the mapped epoch; -1 before the first, and while nothing is mapped. */
  get newestSeq(): number {
    return this.#mapping.reader?.newestSeq(-1, true) ?? -1;
  }

  /**
   * Newest frame of the mapped epoch that the consumer does not account for, because it was published before the consumer joined: every
   * later one is handed out or counted. -1 if there is none; null while nothing is mapped, and until the first descriptor arrives.
   */
  get joinedSeq(): number | null {
    return this.#mapping.state === "mapped" ? this.#intake.joinedSeq : null;
  }

  get metaVersion(): number {
    return this.#control().metadata.latestVersion;
  }

  /** True if the attributes of that version have arrived. */
  hasMetadata(metaVersion: number): boolean {
    return this.#control().metadata.has(metaVersion);
  }

  get attributes(): readonly Attribute[] {
    return this.#control().metadata.latest;
  }

  /** Name of the data source; null until it is received. */
  get sourceName(): string | null {
    return this.#control().sourceName;
  }

  /** Slots of the mapped epoch's ring; 0 while nothing is mapped. */
  get nslots(): number {
    return this.#mapping.reader?.nslots ?? 0;
  }

  /**
   * Keeps a handler's frame readable in place after the call, even if the stream is unmapped meanwhile. `held`: the object that holds it,
   * in place of the frame it held before.
   */
  hold(frame: Frame, held = new HeldFrame()): HeldFrame {
    const { reader, stream } = this.#mapping;
    if (reader === null || stream === null) {
      throw new ConsumerError("frame-ended", "only a handler can hold its frame, while the stream is mapped");
    }
    held.begin(reader, stream, frame.seq);
    return held;
  }

  isIntact(place: SlotPlace, seq: number): boolean {
    const { reader } = this.#mapping;
    return reader?.places.includes(place) === true && reader.wordOf(seq) === seq * 2;
  }

  takeBack(byteLength: number, cause: "changed" | "sinkTooSlow"): void {
    this.#consumer.recordAsLost(byteLength, cause);
  }
}
