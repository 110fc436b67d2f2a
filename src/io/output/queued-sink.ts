import { printable } from "../../core/text.ts";
import { SinkError } from "../errors.ts";
import type { Sink, SinkFrame } from "../types.ts";
import { DEFAULT_LIMITS, FrameQueue, type QueueLimits } from "./frame-queue.ts";
import type { Output, WriteOutcome } from "./output.ts";
import { writeError } from "./stream-output.ts";

/** How a format encodes frames: pure, no I/O. */
export interface FrameEncoder {
  readonly needsAttributes: boolean;
  /**
   * The bytes before the frame's values; null for none. They are copied before the next call. @throws SinkError for a frame that the format
   * cannot express
   */
  prefixOf(frame: SinkFrame): Uint8Array | null;
  /** The frame was not intact: undoes `prefixOf`. */
  rollback(): void;
  /** Lines for the summary. */
  notes(): readonly string[];
}

/** Frames that are copied into a bounded queue and written outside the duty cycle, one write at a time. */
export class QueuedSink implements Sink {
  readonly description: string;
  readonly #encoder: FrameEncoder;
  readonly #output: Output;
  readonly #queue: FrameQueue;
  /** True if each frame is written separately, with its timestamp. */
  readonly #isSingle: boolean;
  #isWriting = false;
  #isStaged = false;
  #isClosedByReader = false;
  #failure: SinkError | null = null;
  #acceptedFrames = 0;
  #writtenFrames = 0;
  #writtenBytes = 0;
  #closing: Promise<void> | null = null;

  constructor(description: string, encoder: FrameEncoder, output: Output, limits: QueueLimits = DEFAULT_LIMITS) {
    this.description = description;
    this.#encoder = encoder;
    this.#output = output;
    this.#queue = new FrameQueue(limits);
    this.#isSingle = !limits.isGathering;
  }

  get needsAttributes(): boolean {
    return this.#encoder.needsAttributes;
  }

  get closedByReader(): boolean {
    return this.#isClosedByReader;
  }

  get hasRoom(): boolean {
    return this.#queue.hasRoom;
  }

  get drained(): boolean {
    return this.#queue.isEmpty;
  }

  accept(frame: SinkFrame): void {
    // No reader is left; the consumer checks closedByReader and ends.
    if (this.#isClosedByReader || this.#closing !== null) return;
    const prefix = this.#encoder.prefixOf(frame);
    if (this.#isSingle) this.#queue.stage(prefix, frame.bytes, frame.seq, frame.timestampNs);
    else this.#queue.stage(prefix, frame.bytes, frame.seq);
    this.#isStaged = true;
  }

  settle(intact: boolean): void {
    if (!this.#isStaged) return;
    this.#isStaged = false;
    this.#queue.settle(intact);
    if (intact) this.#acceptedFrames++;
    else this.#encoder.rollback();
  }

  doWork(_nowNs: number): number {
    if (this.#failure !== null) throw this.#failure;
    if (this.#isWriting || this.#closing !== null) return 0;
    const batch = this.#queue.take();
    if (batch === null) return 0;
    this.#isWriting = true;
    this.#output.write(batch, (outcome) => {
      this.#isWriting = false;
      if (outcome.kind === "written") {
        this.#writtenFrames += batch.frames;
        this.#writtenBytes += outcome.byteLength ?? batch.byteLength;
      }
      this.#queue.release(batch);
      this.#end(outcome);
    });
    return 1;
  }

  summary(): readonly string[] {
    const frames = this.#writtenFrames;
    const lines = [
      `wrote ${frames} ${frames === 1 ? "frame" : "frames"}, ${this.#writtenBytes} bytes, to ${printable(this.#output.name)}`,
    ];
    const missing = this.#acceptedFrames - frames;
    if (missing > 0) {
      const cause = this.#isClosedByReader
        ? "the reader closed the pipe"
        : (this.#failure?.message ?? "closed before they were");
      lines.push(`not written: ${missing} (${cause})`);
    }
    return frames === 0 ? lines : [...lines, ...this.#encoder.notes()];
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#queue.clear();
    await this.#output.close(this.#failure !== null);
  }

  #end(outcome: WriteOutcome): void {
    if (outcome.kind === "written" || outcome.kind === "given-up") return;
    this.#queue.clear();
    if (outcome.kind === "closed-by-reader") this.#isClosedByReader = true;
    else
      this.#failure = outcome.error instanceof SinkError ? outcome.error : writeError(this.#output.name, outcome.error);
  }
}
