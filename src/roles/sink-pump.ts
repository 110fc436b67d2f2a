import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import type { WaitPoint } from "../core/wait-point.ts";
import { SinkError } from "../io/errors.ts";
import type { Sink } from "../io/types.ts";
import type { Consumer } from "./consumer.ts";
import type { LossCause } from "./counters.ts";
import type { Frame } from "./frame.ts";
import type { PollOptions } from "./frame-handler.ts";

/** What may happen with every frame is said once a second. */
const log = getLogger("consumer").every(1e9);

export interface SinkPumpOptions {
  readonly clock: Clock;
  /** Frames to accept; Infinity: no limit. */
  readonly count: number;
  /** End when the stream that was read ends, instead of waiting for its next epoch. */
  readonly once: boolean;
  /** Called once when the end was reached and everything accepted was written out. */
  readonly onDone: () => void;
}

/** Frames that one cycle may hand out, so that the other agents have their turn. */
const FRAMES_PER_CYCLE = 64;
const FRAMES_PER_POLL = 32;
const MAX_CYCLE_NS = 1e6;
/** How long frames are left waiting for the attributes that the sink cannot do without. */
const ATTRIBUTES_TIMEOUT_NS = 2e9;
/** How long an end waits for a sink to write out what it has accepted. */
const DRAIN_TIMEOUT_NS = 1e9;

/** Moves frames from a consumer to a sink; what the sink has no room for is counted, or waits where the stream allows that. */
export class SinkPump implements Agent {
  readonly roleName = "sink";
  #consumer: Consumer;
  /** All that were read from so far. */
  readonly #consumers: Consumer[];
  /** Ends of streams that the present consumer had seen before it was read from. */
  #endsBefore = 0;
  readonly #sink: Sink;
  readonly #options: SinkPumpOptions;
  /** A sink that may fill up is asked for room before each frame; another takes many at once. */
  readonly #one: PollOptions;
  readonly #many: PollOptions;
  readonly #onFrame = (frame: Frame): LossCause | undefined => this.#accept(frame);
  #attributesUntilNs = 0;
  #isStaged = false;
  #isEnding = false;
  #isDone = false;
  #hasSinkFailed = false;

  constructor(consumer: Consumer, sink: Sink, options: SinkPumpOptions) {
    this.#consumer = consumer;
    this.#consumers = [consumer];
    this.#sink = sink;
    this.#options = options;
    const settled = (_seq: number, isIntact: boolean): void => {
      if (this.#isStaged) this.#sink.settle(isIntact);
      this.#isStaged = false;
    };
    this.#one = { limit: 1, settled };
    this.#many = { limit: FRAMES_PER_POLL, settled };
    sink.begin?.(consumer.stream);
  }

  /** Reads frames of another consumer from now on: of the same stream, through a bridge. Not for a sink that has begun with a stream. */
  readFrom(consumer: Consumer): void {
    this.#consumer = consumer;
    this.#endsBefore = consumer.counters.of.ends.value;
    if (!this.#consumers.includes(consumer)) this.#consumers.push(consumer);
  }

  doWork(nowNs: number): number {
    if (this.#isDone) return 0;
    // It stays set when this throws.
    this.#hasSinkFailed = true;
    let work = this.#sink.doWork(nowNs);
    this.#hasSinkFailed = false;
    const moved = this.#isEnding ? 0 : this.#moveFrames(nowNs);
    if (moved > 0) this.#flush();
    work += moved;
    if (this.#sink.closedByReader) this.#isEnding = true;
    const { drained, awaitsReader = false, closedByReader } = this.#sink;
    if (this.#isEnding && ((drained && !awaitsReader) || closedByReader)) {
      this.#isDone = true;
      this.#options.onDone();
    }
    return work;
  }

  /** The next frame, unless the sink has something to do, or frames that are there wait for something else. */
  waitPoint(nowNs: number): WaitPoint | null {
    const sink = this.#sink;
    if (this.#isEnding || sink.usesEventLoop === true || !sink.drained) return null;
    // Descriptors of a stream that does not wait have to be read meanwhile.
    if (!sink.hasRoom) return (this.#consumer.flow === "wait" ? sink.waitPoint : sink.briefWaitPoint) ?? null;
    if (sink.isAsked === true) return sink.briefWaitPoint ?? null;
    return this.#attributesUntilNs === 0 ? this.#consumer.nextFrame.pointAt(nowNs) : null;
  }

  /** Frames that were accepted are written out first, as far as the sink takes them in time. */
  async onClose(): Promise<void> {
    try {
      if (!this.#hasSinkFailed) await this.#drain();
    } finally {
      await this.#sink.close();
    }
  }

  async #drain(): Promise<void> {
    const sink = this.#sink;
    const { clock } = this.#options;
    let nowNs = clock.nanoTime();
    const untilNs = nowNs + DRAIN_TIMEOUT_NS;
    for (; !sink.drained && !sink.closedByReader && nowNs < untilNs; nowNs = clock.nanoTime()) {
      // What it waits for comes with the event loop.
      if (sink.doWork(nowNs) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #flush(): void {
    this.#hasSinkFailed = true;
    this.#sink.flush?.();
    this.#hasSinkFailed = false;
  }

  #moveFrames(nowNs: number): number {
    const { count, once } = this.#options;
    if (this.#accepted >= count || (once && this.#consumer.counters.of.ends.value > this.#endsBefore)) {
      this.#isEnding = true;
      return 1;
    }
    if (!this.#mayRead(nowNs)) return 0;
    let moved = 0;
    while (moved < FRAMES_PER_CYCLE && this.#accepted < count) {
      if (!this.#sink.hasRoom) {
        if (this.#keepsFrames) {
          this.#consumer.receive();
          break;
        }
        // A finite stream waits for its readers; a live one does not, and neither delays other consumers.
        if (this.#consumer.flow === "wait" || !this.#consumer.skip("sinkTooSlow")) break;
        moved++;
        continue;
      }
      const isAmple = this.#sink.takesAll === true && count - this.#accepted > FRAMES_PER_POLL;
      const handled = this.#consumer.poll(this.#onFrame, isAmple ? this.#many : this.#one);
      if (handled === 0) break;
      moved += handled;
      // A slow handler must not keep the conductor, signals and statistics away.
      if (!isAmple && this.#options.clock.nanoTime() - nowNs > MAX_CYCLE_NS) break;
    }
    return moved;
  }

  get #accepted(): number {
    const consumers = this.#consumers;
    let accepted = 0;
    for (let i = 0; i < consumers.length; i++) accepted += (consumers[i] as Consumer).counters.of.accepted.value;
    return accepted;
  }

  /** True while frames wait in the consumer's queue for a sink without room. */
  get #keepsFrames(): boolean {
    return this.#consumer.flow !== "wait" && (this.#consumer.mode === "latest" || this.#sink.isPreparing === true);
  }

  /** False while the sink still has to learn what the array does not say. */
  #mayRead(nowNs: number): boolean {
    if (!this.#sink.needsAttributes || this.#consumer.hasAttributes || !this.#consumer.isMapped) {
      this.#attributesUntilNs = 0;
      return true;
    }
    if (this.#attributesUntilNs === 0) this.#attributesUntilNs = nowNs + ATTRIBUTES_TIMEOUT_NS;
    return nowNs >= this.#attributesUntilNs;
  }

  #accept(frame: Frame): LossCause | undefined {
    if (!frame.isContiguous && this.#sink.takesStrides !== true) {
      log.warn(`frame ${frame.seq} has strides ${frame.strides.join(",")}: expected a contiguous one, dropped`);
      return "sinkRefused";
    }
    try {
      this.#sink.accept(frame);
      this.#isStaged = true;
      return undefined;
    } catch (error) {
      if (!(error instanceof SinkError)) throw error;
      log.warn(`frame ${frame.seq}: ${messageOf(error)}: dropped`);
      return "sinkRefused";
    }
  }
}
