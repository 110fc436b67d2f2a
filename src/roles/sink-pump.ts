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

/** Events that may occur with every frame are logged at most once a second. */
const log = getLogger("consumer").every(1e9);

export interface SinkPumpOptions {
  readonly clock: Clock;
  /** Number of frames to accept; Infinity: no limit. */
  readonly count: number;
  /** Stop when the stream being read ends, instead of waiting for its next epoch. */
  readonly once: boolean;
  /** Called once, when the end was reached and all accepted frames were written. */
  readonly onDone: () => void;
}

/** Frames handed out per cycle, so that the other agents get their turn. */
const FRAMES_PER_CYCLE = 64;
const FRAMES_PER_POLL = 32;
const MAX_CYCLE_NS = 1e6;
/** How long frames wait for the attributes that the sink requires. */
const ATTRIBUTES_TIMEOUT_NS = 2e9;
/** How long an end waits for a sink to write the frames it has accepted. */
const DRAIN_TIMEOUT_NS = 1e9;

/** Moves frames from a consumer to a sink; frames that find no room in the sink are counted, or wait if the stream allows that. */
export class SinkPump implements Agent {
  readonly roleName = "sink";
  #consumer: Consumer;
  /** All consumers that were read from. */
  readonly #consumers: Consumer[];
  /** Stream ends that the current consumer had seen before it was read from. */
  #endsBefore = 0;
  readonly #sink: Sink;
  readonly #options: SinkPumpOptions;
  /** A sink that may fill up is checked for room before each frame; other sinks receive many frames at once. */
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

  /** Reads frames of another consumer from now on: of the same stream, through a bridge. Not for a sink that has already begun a stream. */
  readFrom(consumer: Consumer): void {
    this.#consumer = consumer;
    this.#endsBefore = consumer.counters.of.ends.value;
    if (!this.#consumers.includes(consumer)) this.#consumers.push(consumer);
  }

  doWork(nowNs: number): number {
    if (this.#isDone) return 0;
    // Stays set if this throws.
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

  /** The next frame, unless the sink has work to do or available frames wait for something else. */
  waitPoint(nowNs: number): WaitPoint | null {
    const sink = this.#sink;
    if (this.#isEnding || sink.usesEventLoop === true || !sink.drained) return null;
    // Descriptors of a stream with flow "drop" must be read meanwhile.
    if (!sink.hasRoom) return (this.#consumer.flow === "wait" ? sink.waitPoint : sink.briefWaitPoint) ?? null;
    if (sink.isAsked === true) return sink.briefWaitPoint ?? null;
    return this.#attributesUntilNs === 0 ? this.#consumer.nextFrame.pointAt(nowNs) : null;
  }

  /** Accepted frames are written first, as far as the sink can do so in time. */
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
      // The event that it waits for comes with the event loop.
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
      // A slow handler must not block the conductor, signals and statistics.
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

  /** False while the sink still lacks information that the array itself does not contain. */
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
