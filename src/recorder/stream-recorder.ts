import type { Clock } from "../core/clock.ts";
import type { FrameStamp } from "../recording/frame-message.ts";
import type { Consumer } from "../roles/consumer.ts";
import { type ConsumerCounters, LOSS_CAUSES, type LossCause, totalLost } from "../roles/counters.ts";
import type { Frame } from "../roles/frame.ts";
import type { PollOptions } from "../roles/frame-handler.ts";
import type { HeldFrame } from "../roles/held-frame.ts";
import type { FrameInPlace } from "./block.ts";
import type { FrameChannel, RecorderCause } from "./channel.ts";
import { MESSAGE_PREFIX_BYTES, putMessageHead } from "./chunk-head.ts";
import { EpochAccount, type LedgerRow } from "./epoch-account.ts";
import type { GatheredChunk } from "./gathered-chunk.ts";
import { heldBlock } from "./held-block.ts";
import type { RecordingTime } from "./recording-time.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import { LARGE_FRAME_BYTES, type Staging } from "./staging.ts";
import { StreamChannels } from "./stream-channels.ts";
import { StreamMetadata } from "./stream-metadata.ts";

/** Frames taken per cycle, so that the other agents get their turn. */
const FRAMES_PER_CYCLE = 64;
const MAX_CYCLE_NS = 1e6;
/**
 * Largest share of a ring held for the disk. A producer that waits for its readers may be three quarters of the ring ahead of the frame
 * being read: half of it in its window, a quarter in the consumer's queue.
 */
const HELD_SHARE = 8;
/** For a producer that waits, at most this much is copied ahead of the disk: memory that is still in the CPU caches is cheaper. */
const MAX_WAITED_BYTES = 16 * 1024 * 1024;

export interface StreamRecorderOptions {
  readonly clock: Clock;
  readonly time: RecordingTime;
  /** The name by which the stream was requested; its source may report another. */
  readonly name: string | null;
  /** Number of frames to record. */
  readonly count: number;
}

/** Records one stream: every frame is passed to the writer or counted under one cause. */
export class StreamRecorder {
  readonly consumer: Consumer;
  /** The consumer's counters, which include the recorder's. */
  readonly counters: ConsumerCounters;
  readonly metadata: StreamMetadata;
  readonly #options: StreamRecorderOptions;
  readonly #writer: RecordingWriter;
  readonly #staging: Staging;
  readonly #onEvent: (message: string) => void;
  readonly #accounts: EpochAccount[] = [];
  #account: EpochAccount | null = null;
  #channels: StreamChannels | null = null;
  #lastFrameBytes = 0;
  #heldFrames = 0;
  /** The handler's result for its frame, until the frame proves intact. */
  #channel: FrameChannel | null = null;
  #held: HeldFrame | null = null;
  #values: Uint8Array | null = null;
  #stagedIn: GatheredChunk | null = null;
  #staged = 0;
  #refusal: RecorderCause | null = null;
  #nowNs = 0;
  readonly #stamp = { seq: 0, timestampHigh: 0, timestampLow: 0, seconds: 0, nanos: 0 };
  readonly #times = { high: 0, low: 0, publishHigh: 0, publishLow: 0 };
  readonly #onFrame = (frame: Frame): LossCause | undefined => this.#take(frame);
  readonly #pollOptions: PollOptions = { limit: 1, settled: (_seq, isIntact) => this.#settle(isIntact) };

  constructor(
    consumer: Consumer,
    writer: RecordingWriter,
    staging: Staging,
    options: StreamRecorderOptions,
    onEvent: (message: string) => void,
  ) {
    this.consumer = consumer;
    this.counters = consumer.counters;
    this.counters.of.recording.set(1);
    this.#writer = writer;
    this.#staging = staging;
    this.#options = options;
    this.#onEvent = onEvent;
    this.metadata = new StreamMetadata(consumer, writer, options.time);
  }

  get name(): string {
    return this.consumer.stream.sourceName ?? this.#options.name ?? `stream-${this.consumer.streamId}`;
  }

  /** True if `count` frames are recorded: in the file, not just being written. */
  get isDone(): boolean {
    return this.counters.of.recorded.value >= this.#options.count && !this.metadata.isAwaited;
  }

  /** True if `count` frames are recorded or being written; if one of those is overwritten, another is taken. */
  get #hasEnough(): boolean {
    return this.counters.of.accepted.value >= this.#options.count;
  }

  /** True if the stream has ended and no other epoch has begun. */
  get hasEnded(): boolean {
    return this.consumer.counters.of.ends.value > 0 && !this.consumer.isMapped;
  }

  /** True once the stream had an epoch: there is an account of its frames. */
  get hasBegun(): boolean {
    return this.#accounts.length > 0;
  }

  /** Frames lost before they could be recorded, for reasons other than the recorder's own. */
  get lostBefore(): number {
    const { recordingOverwritten, stagingFull, diskTooSlow, diskFull, diskFailed } = this.counters.of;
    const own = recordingOverwritten.value + stagingFull.value + diskTooSlow.value + diskFull.value + diskFailed.value;
    return totalLost(this.counters) - own;
  }

  /** Missing frames by cause: the recorder's losses by its own causes, the rest by the consumer's. */
  get missing(): Record<string, number> {
    const { of } = this.counters;
    const { recordingOverwritten, stagingFull, diskTooSlow, diskFull, diskFailed } = of;
    const missing: Record<string, number> = {};
    for (const cause of LOSS_CAUSES) {
      let frames = of[cause].value;
      if (cause === "sinkTooSlow") frames -= stagingFull.value + diskTooSlow.value + diskFull.value + diskFailed.value;
      if (cause === "changed") frames -= recordingOverwritten.value;
      if (frames > 0) missing[cause] = frames;
    }
    for (const { name, value } of [recordingOverwritten, stagingFull, diskTooSlow, diskFull, diskFailed]) {
      if (value > 0) missing[name] = value;
    }
    return missing;
  }

  doWork(nowNs: number): number {
    this.#nowNs = nowNs;
    this.#followEpoch();
    this.metadata.doWork(nowNs);
    this.#writeMetadata();
    if (this.#account === null || !this.metadata.mayRead) return 0;
    let moved = 0;
    while (moved < FRAMES_PER_CYCLE && !this.#hasEnough) {
      // A producer that waits for its readers also waits for the disk, within its own bounds; others do not.
      if (this.consumer.flow === "wait" && !this.#keepsUp(this.#lastFrameBytes)) break;
      if (this.consumer.poll(this.#onFrame, this.#pollOptions) === 0) break;
      moved++;
      this.#nowNs = this.#options.clock.nanoTime();
      if (this.#nowNs - nowNs > MAX_CYCLE_NS) break;
    }
    return moved;
  }

  /** At the end of the recording, writes the metadata that arrived with the last frames. */
  finish(): void {
    this.#writeMetadata();
  }

  /** The ledger rows that are due; `isEnd`: of every epoch, for the last time. */
  rows(nowNs: number, isEnd: boolean): readonly LedgerRow[] {
    const time = this.#options.time.at(nowNs);
    if (isEnd) {
      this.#account?.end();
      this.#account = null;
    }
    const rows: LedgerRow[] = [];
    for (const account of this.#accounts) {
      if (account.isReported) continue;
      const isFinal = account.hasEnded && (account.pending === 0 || isEnd);
      rows.push(account.row(time, this.name, isFinal));
      account.isReported = isFinal;
    }
    return rows;
  }

  #followEpoch(): void {
    const { epoch } = this.consumer;
    if (epoch === null || epoch === this.#account?.epoch) return;
    this.#account?.end();
    // Accounts with a final report are no longer needed.
    for (let i = this.#accounts.length - 1; i >= 0; i--) {
      if (this.#accounts[i]?.isReported === true) this.#accounts.splice(i, 1);
    }
    this.#account = new EpochAccount(epoch, this.consumer, () => this.#account);
    this.#accounts.push(this.#account);
    this.#channels = null;
    this.metadata.begin();
    this.#onEvent(`stream ${this.consumer.streamId} (${this.name}): epoch ${epoch} begins`);
  }

  #writeMetadata(): void {
    if (!this.metadata.isDue) return;
    const { name } = this;
    this.metadata.write(name);
    this.#channels?.refresh(name);
  }

  /** Why a frame of that size does not fit now; null if it does. */
  #refusalOf(byteLength: number): RecorderCause | null {
    const { state } = this.#writer;
    if (this.#staging.isKeeping) return this.#stagingRefusalOf(byteLength);
    if (state === "full") return "diskFull";
    if (state === "failed" || state === "closed") return "diskFailed";
    return this.#mayHold(byteLength) ? null : this.#stagingRefusalOf(byteLength);
  }

  #stagingRefusalOf(byteLength: number): RecorderCause | null {
    if (this.#staging.hasRoom(byteLength + 1024)) return null;
    return this.#staging.canEverHold(byteLength + 1024) ? "stagingFull" : "diskTooSlow";
  }

  /** True if a frame that could also wait is taken now: a copy would only use bandwidth that the disk needs. */
  #keepsUp(byteLength: number): boolean {
    if (this.#refusalOf(byteLength) !== null) return false;
    if (this.#staging.isKeeping) return true;
    if (byteLength >= LARGE_FRAME_BYTES && !this.#staging.isCompressing) return this.#mayHold(byteLength);
    return this.#writer.queuedBytes < Math.max(MAX_WAITED_BYTES, byteLength);
  }

  #mayHold(byteLength: number): boolean {
    if (byteLength < LARGE_FRAME_BYTES || this.#staging.isCompressing || this.#staging.isKeeping) return false;
    if (this.#heldFrames >= this.consumer.stream.nslots / HELD_SHARE) return false;
    return this.#writer.mayHold(byteLength);
  }

  #take(frame: Frame): LossCause | undefined {
    const { byteLength } = frame;
    this.#lastFrameBytes = byteLength;
    this.metadata.onFrame(frame.metaVersion);
    this.#refusal = this.#refusalOf(byteLength);
    if (this.#refusal !== null) return "sinkTooSlow";
    const account = this.#account as EpochAccount;
    this.#channels ??= new StreamChannels(this.#staging.channels, {
      streamId: this.consumer.streamId,
      name: this.name,
      epoch: account.epoch,
      owner: account,
      attributes: () => this.consumer.attributes,
    });
    const channel = this.#channels.of(frame);
    this.#channel = channel;
    this.#stampFrame(frame, channel);
    if (this.#mayHold(byteLength)) {
      this.#held = this.consumer.stream.hold(frame);
      this.#values = frame.bytes;
      return undefined;
    }
    if (this.#stage(frame, channel)) return undefined;
    this.#refusal = "stagingFull";
    return "sinkTooSlow";
  }

  #stampFrame(frame: Frame, channel: FrameChannel): void {
    const { time } = this.#options;
    const { timestampHigh, timestampLow } = frame.header;
    const nowNs = this.#nowNs;
    const atNs = time.processNsOf(channel.clock, timestampHigh, timestampLow, nowNs);
    this.#stamp.seq = frame.seq;
    this.#stamp.timestampHigh = timestampHigh;
    this.#stamp.timestampLow = timestampLow;
    this.#stamp.seconds = time.seconds(atNs);
    this.#stamp.nanos = time.nanos(atNs);
    this.#times.high = time.high(nowNs);
    this.#times.low = time.low(nowNs);
    this.#times.publishHigh = time.high(atNs);
    this.#times.publishLow = time.low(atNs);
  }

  /** Copies the frame into the recorder's own memory; false if there is no room. */
  #stage(frame: Frame, { record, message }: FrameChannel): boolean {
    const dataBytes = message.prefixBytes + frame.byteLength;
    const chunk = this.#staging.begin(MESSAGE_PREFIX_BYTES + dataBytes);
    if (chunk === null) return false;
    const { at, view, buffer } = chunk;
    const { high, low, publishHigh, publishLow } = this.#times;
    putMessageHead(view, at, record.id, frame.seq % 0x1_0000_0000, high, low, publishHigh, publishLow, dataBytes);
    message.writePrefix(buffer, at + MESSAGE_PREFIX_BYTES, this.#stamp);
    buffer.set(frame.bytes, at + MESSAGE_PREFIX_BYTES + message.prefixBytes);
    this.#stagedIn = chunk;
    this.#staged = MESSAGE_PREFIX_BYTES + dataBytes;
    return true;
  }

  /** The frame was read; it only counts if intact. */
  #settle(isIntact: boolean): void {
    const account = this.#account as EpochAccount;
    const [held, channel, values, staged, refusal] = [
      this.#held,
      this.#channel,
      this.#values,
      this.#staged,
      this.#refusal,
    ];
    this.#held = null;
    this.#values = null;
    this.#staged = 0;
    if (refusal !== null) {
      // If it was overwritten meanwhile, the consumer counts it.
      if (isIntact) account.onRefused(refusal);
      return;
    }
    if (channel === null) return;
    if (isIntact) account.onAccepted(this.#stamp.seq);
    if (held !== null && values !== null) {
      if (!isIntact) held.release();
      else this.#writer.submit(heldBlock(channel, this.#stamp as FrameStamp, this.#times, values, this.#inPlace(held)));
      return;
    }
    const chunk = this.#stagedIn;
    this.#stagedIn = null;
    if (isIntact && chunk !== null) {
      const frameBytes = this.#lastFrameBytes;
      chunk.add(channel, staged, frameBytes, this.#times.high, this.#times.low, this.#nowNs);
    }
    this.#staging.settle(isIntact);
  }

  #inPlace(held: HeldFrame): FrameInPlace {
    this.#heldFrames++;
    return {
      isIntact: () => held.isIntact(),
      release: () => {
        this.#heldFrames--;
        held.release();
      },
    };
  }
}
