import type { Attribute } from "../protocol/attribute.ts";
import { encodeSource } from "../recording/source-record.ts";
import type { Consumer } from "../roles/consumer.ts";
import type { RecordingTime } from "./recording-time.ts";
import type { RecordingWriter } from "./recording-writer.ts";

/** How long frames wait for metadata: a producer sends it once a second, and to a new reader immediately. */
const TIMEOUT_NS = 1.5e9;
/** A cycle counts at most this towards the timeout: during a pause of this process no metadata could be read. */
const MAX_CYCLE_NS = 10e6;
const NO_VERSION = -1;

interface MetadataVersion {
  readonly attributes: readonly Attribute[];
  readonly metaVersion: number;
  /** Null: the epoch that is mapped next. */
  readonly epoch: bigint | null;
}

/**
 * The metadata of one recorded stream: each version is written to the recording, and frames that refer to a version wait for it for a
 * limited time (W-45).
 */
export class StreamMetadata {
  readonly #consumer: Consumer;
  readonly #writer: RecordingWriter;
  readonly #time: RecordingTime;
  /** Versions that are not in the recording yet. */
  #pending: MetadataVersion[] = [];
  /** Version that the newest frame refers to. */
  #frameVersion = NO_VERSION;
  #isAwaited = false;
  /** Time since the epoch began or a frame had a newer version. */
  #waitedNs = 0;
  #nowNs = 0;

  constructor(consumer: Consumer, writer: RecordingWriter, time: RecordingTime) {
    this.#consumer = consumer;
    this.#writer = writer;
    this.#time = time;
    if (consumer.hasAttributes) this.onAttributes(consumer.attributes, consumer.stream.metaVersion);
  }

  /** True until the version that the newest frame refers to has arrived. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** False until the epoch's first version has arrived: frames need the stream's name and clock. */
  get mayRead(): boolean {
    return this.#consumer.isMapped && (this.#consumer.hasAttributes || this.#waitedNs > TIMEOUT_NS);
  }

  /** An epoch begins. */
  begin(): void {
    this.#waitedNs = 0;
    this.#frameVersion = NO_VERSION;
    this.#isAwaited = false;
  }

  /** Called for each frame, within its handler. */
  onFrame(metaVersion: number): void {
    if (metaVersion === this.#frameVersion) return;
    this.#frameVersion = metaVersion;
    this.#isAwaited = !this.#consumer.stream.hasMetadata(metaVersion);
    if (this.#isAwaited) this.#waitedNs = 0;
  }

  /** A version arrived; if several arrive within a cycle, each is kept. */
  onAttributes(attributes: readonly Attribute[], metaVersion: number): void {
    this.#pending.push({ attributes, metaVersion, epoch: this.#consumer.epoch });
  }

  /** Called once a cycle, before frames are read. */
  doWork(nowNs: number): void {
    const elapsedNs = Math.min(nowNs - this.#nowNs, MAX_CYCLE_NS);
    this.#nowNs = nowNs;
    if (this.#isAwaited || !this.mayRead) this.#waitedNs += elapsedNs;
    this.#isAwaited &&= !this.#consumer.stream.hasMetadata(this.#frameVersion) && this.#waitedNs <= TIMEOUT_NS;
  }

  /** True while there is a version to write. */
  get isDue(): boolean {
    if (this.#pending.length === 0) return false;
    return this.#consumer.epoch !== null || this.#pending.some(({ epoch }) => epoch !== null);
  }

  /** Writes the versions that came, with the name of the source. */
  write(name: string): void {
    const pending = this.#pending;
    this.#pending = [];
    const { streamId } = this.#consumer;
    for (const version of pending) {
      const epoch = version.epoch ?? this.#consumer.epoch;
      if (epoch === null) {
        this.#pending.push(version);
        continue;
      }
      const source = { ...version, streamId, name, epoch };
      const { metadata, attachments } = encodeSource(source, this.#time.at(this.#nowNs));
      this.#writer.addStanding([metadata], attachments);
    }
  }
}
