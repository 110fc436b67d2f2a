import { observerChannel } from "../aeron/channel.ts";
import type { BlockInbound, Messaging } from "../aeron/ports.ts";
import type { Agent } from "../core/agent.ts";
import { type Clock, CycleClock } from "../core/clock.ts";
import { getLogger } from "../core/logger.ts";
import { releaseAll } from "../core/release.ts";
import { ANY_WAIT, type WaitPoint } from "../core/wait-point.ts";
import type { Attribute, Flow } from "../protocol/attribute.ts";
import type { Fallback } from "../protocol/fallback-uri.ts";
import { type ConsumerMode, ModeFilter } from "../protocol/mode-filter.ts";
import type { FrameProgressDecoder } from "../sbe/generated/control/index.ts";
import { ConsumerControl, type ConsumerState } from "./consumer-control.ts";
import type { ConsumerOptions } from "./consumer-options.ts";
import { ConsumerStream } from "./consumer-stream.ts";
import { consumerCounters, type LossCause } from "./counters.ts";
import { DescriptorIntake, NO_SEQ } from "./descriptor-intake.ts";
import type { AttachError } from "./errors.ts";
import { Frame } from "./frame.ts";
import { type FrameHandler, type PollOptions, pollLimit } from "./frame-handler.ts";
import type { FrameReader } from "./frame-reader.ts";
import { HOST_PORTS, type RolePorts } from "./host-ports.ts";
import { NextFrame } from "./next-frame.ts";
import { PauseReport } from "./pause-report.ts";
import { ProgressReader } from "./progress-reader.ts";
import { type MappingState, type StreamEnd, StreamMapping } from "./stream-mapping.ts";

const log = getLogger("consumer");
const MAX_BLOCK_BYTES = 64 * 1024;
const NO_OPTIONS: PollOptions = {};

/**
 * The consumer of one stream: maps announced regions, receives descriptors, and reads frames by the commit protocol (W-16). As an agent it
 * runs the control plane; `poll` hands out frames. Each frame is either accepted or lost under exactly one cause.
 */
export class Consumer implements Agent {
  readonly roleName: string;
  readonly counters = consumerCounters();
  readonly streamId: number;
  /** The event on which the thread can wait; for the agent that polls this consumer. */
  readonly nextFrame: NextFrame;
  readonly stream: ConsumerStream;
  /** Selects the frames to read (W-39); consumers may share one. */
  readonly filter: ModeFilter;
  readonly #clock: Clock;
  /** The time of the control plane's last cycle. */
  readonly #cycle = new CycleClock();
  readonly #connection: Messaging;
  readonly #mapping: StreamMapping;
  readonly #control: ConsumerControl;
  readonly #frame: Frame;
  readonly #progress: ProgressReader | null;
  readonly #maxOutstandingSeqGap: number;
  readonly #intake: DescriptorIntake;
  readonly #descriptors: BlockInbound;
  readonly #pauses: PauseReport;
  /** Why the last unreadable frame could not be read. Only failures are stored, so that a readable frame costs nothing more. */
  lastMiss: LossCause | null = null;
  /** Seq of the last handled frame. */
  #lastSeqSeen = NO_SEQ;
  #lastWasOverwritten = false;
  #isClosed = false;

  constructor(connection: Messaging, clock: Clock, options: ConsumerOptions, ports: RolePorts = HOST_PORTS) {
    this.streamId = options.streamId;
    this.roleName = `consumer of stream ${options.streamId}`;
    this.#pauses = new PauseReport(this.roleName, this.counters);
    this.#clock = clock;
    this.#connection = connection;
    this.filter = options.filter ?? new ModeFilter(options.mode, options.decimation ?? 1, options.maxRateHz ?? 0);
    this.#maxOutstandingSeqGap = options.maxOutstandingSeqGap ?? 0;
    this.#frame = this.#newFrame();
    this.#progress =
      options.progress === undefined
        ? null
        : new ProgressReader(this.#newFrame(), this.counters, options.progress.handler);
    const { streamId, baseDirs, driver } = options;
    const mapped = { streamId, baseDirs, needsLease: driver !== undefined, clock, regions: ports.regions };
    this.#mapping = new StreamMapping(mapped, this.counters, {
      onMapped: () => this.#onMapped(),
      onUnmapping: (reason, end) => this.#onUnmapping(reason, end),
    });
    this.#mapping.fallback = options.fallback ?? null;
    if (options.usesShm === false) this.#mapping.setEnabled(false);
    this.#intake = new DescriptorIntake(streamId, this.counters, (why) => this.#mapping.remap(why), clock);
    this.nextFrame = new NextFrame(this.#mapping, this.#intake, options.waitForWord);
    const { channel, descriptorStreamId } = options.streams;
    const [source, onMessage] = [observerChannel(channel), this.#intake.onMessage] as const;
    this.#descriptors = connection.addBlockSubscription(source, descriptorStreamId, MAX_BLOCK_BYTES, onMessage);
    this.#descriptors.onArrival = () => this.#mapping.reader?.expect(this.#intake.newestSeq + 1);
    this.#control = new ConsumerControl(connection, options.streams, this.#newState(), options, this.#cycle, ports);
    this.stream = new ConsumerStream(this, this.#mapping, this.#intake, () => this.#control);
  }

  get consumerId(): number {
    return this.#control.consumerId;
  }

  get mode(): ConsumerMode {
    return this.filter.mode;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** State of the stream's mapping for this consumer (W-22). */
  get state(): MappingState {
    return this.#mapping.state;
  }

  get isMapped(): boolean {
    return this.#mapping.state === "mapped";
  }

  get isAttached(): boolean {
    return this.#control.attachment?.isAttached !== false;
  }

  /** Why the driver refused the last request for a lease; null after it granted one. */
  get attachRefusal(): AttachError | null {
    return this.#control.attachment?.refusal ?? null;
  }

  /** Generation of the mapped regions; null while nothing is mapped. */
  get epoch(): bigint | null {
    return this.#mapping.stream?.epoch ?? null;
  }

  /** Source of payloads if shared memory cannot be used; null: none. */
  get fallback(): Fallback | null {
    return this.#mapping.fallback;
  }

  /** The producer's reaction to a full window: with "wait" this reader can delay it for a limited time. */
  get flow(): Flow {
    return this.#control.flow;
  }

  /** The stream's current attributes; empty until they are known. */
  get attributes(): readonly Attribute[] {
    return this.#control.metadata.latest;
  }

  get hasAttributes(): boolean {
    return this.#control.metadata.latestVersion !== -1;
  }

  get refusal() {
    return this.#mapping.refusal;
  }

  /**
   * Passes the available frames to the handler, in order; returns the number of handled descriptors. Frames that can no longer be read are
   * skipped and counted. An exception from the handler is rethrown here after its frame was settled.
   */
  poll(handler: FrameHandler, options: PollOptions = NO_OPTIONS): number {
    const limit = pollLimit(handler, options);
    let handled = 0;
    this.#fill();
    if (this.#mapping.reader !== null) this.#intake.fetchNext(this.#mapping.reader, limit);
    while (handled < limit && this.#intake.length > 0) {
      const { reader } = this.#mapping;
      if (reader === null) break;
      if (this.filter.mode === "latest") this.#skipToNewest("skipped");
      this.#handleNext(reader, handler, options.settled);
      handled++;
    }
    return handled;
  }

  /** Receives descriptors without handing out frames; in mode "latest" only the newest is kept. */
  receive(): void {
    this.#fill();
    if (this.filter.mode === "latest") this.#skipToNewest("skipped");
  }

  /** Drops the oldest waiting frame without reading it and counts it under `cause`; false when there is none. */
  skip(cause: LossCause): boolean {
    this.#fill();
    if (this.#intake.length === 0) return false;
    this.#lastSeqSeen = this.#intake.take();
    this.counters.of[cause].increment();
    return true;
  }

  /** Counts a frame under `cause` instead, if it was accepted and its recipient then dropped it. */
  recordAsLost(byteLength: number, cause: LossCause): void {
    const { of } = this.counters;
    of.accepted.add(-1);
    of.bytes.add(-byteLength);
    of[cause].increment();
  }

  doWork(nowNs: number): number {
    if (this.#isClosed || !this.#control.isDue(nowNs)) return 0;
    this.#cycle.update(nowNs);
    let work = this.#control.poll(nowNs);
    // The owner's end becomes visible after its last descriptor: pending descriptors are read first.
    if (this.#mapping.hasEnded && this.#intake.length === 0 && this.#fill() === 0) {
      this.#mapping.unmap("the producer has ended the stream");
      work++;
    }
    // Runs after the check above, so that messages sent before the end are read before the end takes effect.
    return work + this.#control.watchOwner(nowNs) + this.#control.speakIfDue(nowNs);
  }

  /** Writes to a frame that is being read and driver answers arrive without ending a wait. */
  waitPoint(): WaitPoint | null {
    return this.#progress === null && this.isAttached && this.isMapped ? ANY_WAIT : null;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#cycle.update(nowNs);
    this.#control.attachment?.onLateCycle(nowNs);
    this.#pauses.onPause(lateByNs, this.#intake.newestSeq);
  }

  /** Unmaps and leaves the stream. Idempotent. */
  onClose(): void | Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.remove(this.#descriptors);
    const unmap = () => this.#mapping.close("this consumer closes");
    const settle = () => this.#intake.close();
    releaseAll([() => this.#control.sendQos(), unmap, settle, () => this.#control.close()]);
    return this.#control.closing;
  }

  #newState(): ConsumerState {
    return {
      streamId: this.streamId,
      counters: this.counters,
      filter: this.filter,
      mapping: this.#mapping,
      lastSeqSeen: () => this.#lastSeqSeen,
      isEpoch: (high, low) => this.#intake.isEpoch(high, low),
      onProducerSeq: (epoch, seq) => this.#intake.onProducerSeq(epoch, seq),
      onProgress: (message) => this.#onProgress(message),
      onSeqStep: (step) => this.#intake.setSeqStep(step),
    };
  }

  #newFrame(): Frame {
    return new Frame(
      () => this.#clock.nanoTime(),
      (metaVersion) => this.#control.metadata.of(metaVersion),
    );
  }

  #handleNext(reader: FrameReader, handler: FrameHandler, settled: PollOptions["settled"]): void {
    if (this.#lastWasOverwritten) this.#catchUp(reader.nslots);
    const { of } = this.counters;
    const maxGap = this.#maxOutstandingSeqGap;
    const newestSeq = this.#intake.newestSeq;
    if (maxGap > 0 && this.#intake.length > 1 && newestSeq - this.#intake.peek() > maxGap) this.#skipToNewest("resync");
    const seq = this.#intake.take();
    this.#lastSeqSeen = seq;
    // Older than the ring can hold: skipped without touching shared memory (W-20).
    if (newestSeq - seq >= reader.nslots) {
      of.overwritten.increment();
      this.lastMiss = "overwritten";
      return;
    }
    const { filter } = this;
    if (!filter.takesAll && !filter.takes(seq, filter.isRateLimited ? this.#clock.nanoTime() : 0)) {
      of.skipped.increment();
      return;
    }
    const frame = this.#frame;
    const cause = reader.begin(frame, seq);
    if (cause !== null) {
      of[cause].increment();
      this.lastMiss = cause;
      return;
    }
    if (frame.header.metaVersion !== this.#control.metadata.frameVersion) this.#control.hearMetadata(frame.metaVersion);
    // Messages of other kinds may come with the metadata, and end the epoch.
    if (this.#mapping.reader !== reader) {
      of.changed.increment();
      return;
    }
    let verdict: LossCause | undefined;
    try {
      verdict = handler(frame) as LossCause | undefined;
    } finally {
      const byteLength = frame.byteLength;
      const isIntact = reader.end(frame);
      this.#lastWasOverwritten = !isIntact;
      if (!isIntact) of.changed.increment();
      else if (verdict !== undefined) of[verdict].increment();
      else {
        of.accepted.increment();
        of.bytes.add(byteLength);
      }
      if (settled !== undefined) settled(seq, isIntact);
    }
    if (this.#pauses.isDue) this.#pauses.onFrame(seq);
  }

  #skipToNewest(as: "skipped" | "resync"): void {
    this.counters.of[as].add(this.#intake.dropBefore(this.#intake.newestSeq));
  }

  /** The next frames would be overwritten as well: continues at a frame that leaves enough time to read. */
  #catchUp(nslots: number): void {
    this.#lastWasOverwritten = false;
    if (this.#control.flow === "wait") return;
    this.counters.of.resync.add(this.#intake.dropBefore(this.#intake.newestSeq - nslots / 2));
  }

  /** Receives descriptors from Aeron; returns their bytes. */
  #fill(): number {
    // A waiting producer must see a full window when this reader is full: the window is drained only while the queue is empty.
    const isWaitedFor = this.#control.flow === "wait";
    if (isWaitedFor && this.#intake.length > 0) return 0;
    const bytes = this.#descriptors.poll(isWaitedFor ? this.#intake.quarterRingBytes : MAX_BLOCK_BYTES);
    if (bytes === 0 && this.#descriptors.needsRenewal(this.#cycle.nanoTime()))
      this.#connection.renew(this.#descriptors);
    return bytes;
  }

  #onProgress(message: FrameProgressDecoder): void {
    if (this.#progress === null) return;
    const { reader } = this.#mapping;
    if (reader === null || !this.#intake.isEpoch(message.epochHigh, message.epochLow)) return;
    this.#progress.onProgress(reader, message);
  }

  #onMapped(): void {
    const { stream, reader } = this.#mapping;
    if (stream === null || reader === null) return;
    this.#intake.begin(stream.epoch, reader);
    this.#pauses.onEpoch();
    this.#lastSeqSeen = NO_SEQ;
    const { epoch, nslots, pools } = stream;
    log.info(`mapped stream ${this.streamId}, epoch ${epoch}: ${nslots} slots, ${pools.length} pool(s)`);
    this.#control.begin(epoch, this.#clock.nanoTime());
  }

  #onUnmapping(reason: string, end: StreamEnd): void {
    log.info(`unmapped stream ${this.streamId}: ${reason}`);
    if (end === "ended" || end === "lost") this.counters.of.ends.increment();
    // Frames that a reader did not want because it left voluntarily, with everything it came for, are not lost.
    if (this.#isClosed && end !== "ended") this.#intake.end("left");
    else this.#intake.end(end === "remap" && !this.#mapping.isEnabled ? "forbidden" : end);
    if (end === "ended") this.#lastSeqSeen = Math.max(this.#lastSeqSeen, this.#intake.newestSeq);
    this.#frame.forget();
    this.#control.end();
  }
}
