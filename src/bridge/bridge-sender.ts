import type { FrameSink, Messaging } from "../aeron/ports.ts";
import type { Agent } from "../core/agent.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { type Attribute, seqStepOf } from "../protocol/attribute.ts";
import type { Consumer } from "../roles/consumer.ts";
import type { LossCause } from "../roles/counters.ts";
import type { Frame } from "../roles/frame.ts";
import type { PollOptions } from "../roles/frame-handler.ts";
import type { RolePorts } from "../roles/host-ports.ts";
import { type Cutting, isAdmitted } from "./admission.ts";
import { BRIDGE_STREAM_ID, type BridgeMode, type Endpoint } from "./channels.ts";
import { FrameSending } from "./frame-sending.ts";
import { JoinedSeq } from "./joined-seq.ts";
import { LastReport } from "./last-report.ts";
import type { ReceiverLedger, SenderLedger } from "./ledger.ts";
import { forwardedAttributes } from "./output-stream.ts";
import { ReturnPath } from "./return-path.ts";
import { senderChannel } from "./sender-channel.ts";
import { senderLedgerOf } from "./sender-ledger.ts";
import { HEAD_BYTES, SenderMessages } from "./sender-messages.ts";
import { SenderMeter, type SenderReading } from "./sender-meter.ts";
import { combinedStep } from "./seq-step.ts";
import { pathThrough, streamIdentity } from "./stream-path.ts";

const log = getLogger("bridge");

export interface BridgeSenderOptions {
  readonly to: Endpoint;
  readonly mode: BridgeMode;
  /** The consumer's decimation, 1: none; 0: it is limited by a rate. */
  readonly step: number;
  /** Called when the source has ended and the receiver has reported all frames; omitted: the sender waits for the next epoch. */
  readonly onEnd?: () => void;
  /** Each frame ends with a checksum of its values, which the receiver verifies. */
  readonly checksum?: boolean;
  /** Opens the media driver's counters; this host's if omitted. */
  readonly openCounters?: RolePorts["openCounters"];
}

const HEARTBEAT_NS = 1e9;
/** Bytes of values copied per cycle, so that the other agents get their turn. */
const BYTES_PER_CYCLE = 4 * 1024 * 1024;
const FRAMES_PER_CYCLE = 64;
/**
 * Sends the frames that a consumer reads to one receiver on another host (W-48). A frame begins only if all of it fits the window, and may
 * take several cycles; its commit word is checked again before its end is sent, so that an overwritten frame is never accepted as valid.
 * The consumer is a separate agent that runs before this one.
 */
export class BridgeSender implements Agent {
  readonly roleName: string;
  readonly #connection: Messaging;
  readonly #consumer: Consumer;
  readonly #options: BridgeSenderOptions;
  readonly #messages = new SenderMessages();
  readonly #instance = crypto.getRandomValues(new BigUint64Array(1))[0] as bigint;
  readonly #identity: string;
  readonly #returns: ReturnPath;
  readonly #lastReport: LastReport;
  readonly #meter: SenderMeter;
  readonly #heartbeat = new PeriodicTimer(HEARTBEAT_NS, { immediate: true });
  #publication: FrameSink | null = null;
  #cutting: Cutting = { mtuBytes: 0, partBytes: 0, headBytes: HEAD_BYTES, windowBytes: 0 };
  #maxFrameBytes = 0;
  #epoch: bigint | null = null;
  #joinedSeq = 0;
  #wasConnected = false;
  /** End of the wait for an epoch's attributes. */
  #attributesUntilNs = 0;
  readonly #join = new JoinedSeq();
  /** The open message must be sent before the next frame. */
  #isOpenDue = true;
  #isMetaDue = true;
  #metaVersion = -1;
  /** Attributes of the newest frame; empty until they are known. */
  #attributes: readonly Attribute[] = [];
  #roomBytes = 0;
  readonly #sending: FrameSending;
  /** True once there was an epoch. */
  #hasCarried = false;
  /** Frames dropped for lack of room, and for lack of a receiver; the consumer counts both under one cause. */
  #backPressured = 0;
  #notConnected = 0;
  readonly #onFrame = (frame: Frame): LossCause | undefined => this.#take(frame);
  readonly #one: PollOptions = { limit: 1, settled: (_seq, isIntact) => this.#sending.onSettled(isIntact) };
  readonly #read = (): SenderReading => this.#reading();

  constructor(connection: Messaging, consumer: Consumer, options: BridgeSenderOptions) {
    this.roleName = `bridge sender of stream ${consumer.streamId}`;
    this.#connection = connection;
    this.#consumer = consumer;
    this.#options = options;
    this.#sending = new FrameSending(consumer.stream, this.#messages, options.checksum ?? false);
    this.#identity = streamIdentity(connection.aeronDir, consumer.streamId);
    this.#lastReport = new LastReport(options.mode === "lossless");
    this.#returns = new ReturnPath(connection, {
      to: options.to,
      streamId: consumer.streamId,
      instance: this.#instance,
      sent: () => this.ledger.sent,
    });
    this.#meter = new SenderMeter(connection, consumer, options.to.text, options.openCounters);
  }

  /** True while a receiver is connected. */
  get isConnected(): boolean {
    return this.#publication?.isConnected === true;
  }

  /** Largest datagram in bytes; 0 before the first epoch. */
  get mtuBytes(): number {
    return this.#cutting.mtuBytes;
  }

  /** Bytes of values in the frames sent. */
  get bytes(): number {
    return this.#sending.totalBytes;
  }

  /** Frames since the start, each in one column. */
  get ledger(): SenderLedger {
    return senderLedgerOf(this.#consumer.counters, {
      isSending: this.#sending.isUnderWay,
      backPressured: this.#backPressured,
      notConnected: this.#notConnected,
    });
  }

  /** The receivers' reports of the frames sent; `unreported`: frames without a report so far. */
  get far(): ReceiverLedger & { readonly unreported: number } {
    const { account } = this.#returns;
    return { ...account.ledger, unreported: account.unreported(this.ledger.sent) };
  }

  /** The way back from the receiver. */
  get returns(): Omit<ReturnPath, "poll" | "close" | "onConnection"> {
    return this.#returns;
  }

  doWork(nowNs: number): number {
    let work = this.#returns.poll(nowNs) + this.#followEpoch(nowNs);
    this.#endIfReported(nowNs);
    this.#meter.doWork(nowNs, this.#read);
    const publication = this.#publication;
    if (publication === null) {
      this.#consumer.receive();
      return work;
    }
    const { isConnected } = publication;
    if (isConnected !== this.#wasConnected) this.#onConnection(isConnected);
    if (!isConnected) return work + this.#dropAll();
    if (this.#heartbeat.isDue(nowNs)) this.#isOpenDue = true;
    // A message between the parts of a frame would end the frame as incomplete.
    if (!this.#sending.isUnderWay && this.#isOpenDue) work += this.#sendOpen(publication, nowNs);
    return work + this.#sendFrames(publication);
  }

  onClose(): void {
    this.#abandon(false);
    this.#returns.close();
    this.#meter.close();
    const publication = this.#publication;
    if (publication === null) return;
    this.#publication = null;
    if (publication.isConnected) {
      this.#epoch = null;
      this.#sendOpen(publication, 0);
    }
    this.#connection.remove(publication);
  }

  #followEpoch(nowNs: number): number {
    const { epoch, stream, hasAttributes, attributes } = this.#consumer;
    if (epoch === this.#epoch) return 0;
    if (this.#sending.isUnderWay) return 0;
    this.#isOpenDue = true;
    this.#isMetaDue = true;
    this.#metaVersion = -1;
    this.#attributes = [];
    const { layout } = stream;
    if (epoch !== null && (layout === null || (!hasAttributes && attributes.length === 0 && !this.#hasWaited(nowNs))))
      return 0;
    const joinedSeq = epoch === null ? 0 : this.#join.of(this.#consumer, nowNs);
    if (joinedSeq === null) return 0;
    this.#epoch = epoch;
    this.#hasCarried ||= epoch !== null;
    this.#attributesUntilNs = 0;
    if (layout === null) return 1;
    this.#joinedSeq = joinedSeq;
    this.#prepare(Math.max(...layout.strideBytes));
    return 1;
  }

  /** Metadata arrives immediately after an epoch was mapped, if at all. */
  #hasWaited(nowNs: number): boolean {
    if (this.#attributesUntilNs === 0) this.#attributesUntilNs = nowNs + HEARTBEAT_NS;
    return nowNs >= this.#attributesUntilNs;
  }

  /** Creates a publication whose terms hold frames of this size. */
  #prepare(maxFrameBytes: number): void {
    if (this.#publication !== null && maxFrameBytes <= this.#maxFrameBytes) return;
    if (this.#publication !== null) this.#connection.remove(this.#publication);
    this.#maxFrameBytes = maxFrameBytes;
    const { to, mode } = this.#options;
    const { channel, cutting } = senderChannel(to, { maxFrameBytes, headBytes: HEAD_BYTES, mode });
    this.#cutting = cutting;
    this.#publication = this.#connection.addPublication(channel, BRIDGE_STREAM_ID);
    this.#wasConnected = false;
  }

  #onConnection(isConnected: boolean): void {
    this.#wasConnected = isConnected;
    this.#isOpenDue = true;
    this.#isMetaDue = true;
    this.#returns.onConnection();
    const [streamId, channel] = [this.#consumer.streamId, this.#options.to.channel];
    const what = isConnected ? "a receiver is connected at" : "no receiver is connected at";
    const how = isConnected ? `, datagrams of at most ${this.mtuBytes} bytes` : "";
    log.info(`stream ${streamId}: ${what} ${channel}${how}`);
    if (!isConnected) this.#abandon(true);
  }

  /** Without a receiver nothing is read; frames are counted, or wait if they must not be lost. */
  #dropAll(): number {
    if (this.#options.mode === "lossless") {
      if (this.#consumer.flow !== "wait") this.#consumer.receive();
      return 0;
    }
    let dropped = 0;
    while (dropped < FRAMES_PER_CYCLE && this.#consumer.skip("sinkTooSlow")) dropped++;
    this.#notConnected += dropped;
    return dropped;
  }

  /** Sends the stream, its attributes and the ledger, in this order, after all frames sent. */
  #sendOpen(publication: FrameSink, nowNs: number): number {
    const { stream, attributes, streamId, flow } = this.#consumer;
    const layout = this.#epoch === null ? null : stream.layout;
    const fields = {
      streamId,
      instance: this.#instance,
      epoch: this.#epoch ?? 0n,
      nslots: layout?.nslots ?? 0,
      strideBytes: layout?.strideBytes ?? [],
      joinedSeq: this.#joinedSeq,
      partBytes: this.#cutting.partBytes,
      seqStep: combinedStep(seqStepOf(attributes), this.#options.step),
      flow: this.#options.mode === "lossless" ? flow : "drop",
      returnPort: this.#returns.port,
      path: pathThrough(attributes, this.#identity),
      clock: this.#returns.clock,
    } as const;
    if (!this.#messages.sendOpen(publication, fields, nowNs)) return 0;
    if (!this.#sendMeta(publication)) return 0;
    if (!this.#messages.sendLedger(publication, streamId, this.#instance, this.ledger)) return 0;
    this.#isOpenDue = false;
    if (!this.#hasCarried || this.#epoch !== null) this.#lastReport.clear();
    else this.#lastReport.begin(nowNs);
    return 1;
  }

  #reading(): SenderReading {
    const { isConnected, far } = this;
    const [backPressured, notConnected] = [this.#backPressured, this.#notConnected];
    const sessionId = this.#publication?.sessionId ?? null;
    return { isConnected, backPressured, notConnected, far, returns: this.#returns, sessionId };
  }

  /** The source's end was sent: waits for the report of its last frames, for a limited time. */
  #endIfReported(nowNs: number): void {
    const { onEnd } = this.#options;
    if (onEnd === undefined || !this.#lastReport.isAwaited) return;
    if (!this.#lastReport.isOver(nowNs, this.#consumer.streamId, this.far.unreported)) return;
    this.#hasCarried = false;
    onEnd();
  }

  #sendMeta(publication: FrameSink): boolean {
    const { attributes, streamId } = this.#consumer;
    const current = this.#attributes.length > 0 ? this.#attributes : attributes;
    const metaVersion = Math.max(0, this.#metaVersion);
    return this.#messages.sendMeta(publication, streamId, metaVersion, forwardedAttributes(current));
  }

  #sendFrames(publication: FrameSink): number {
    let work = 0;
    let bytes = 0;
    while (work < FRAMES_PER_CYCLE && bytes < BYTES_PER_CYCLE) {
      if (!this.#sending.isUnderWay && !this.#begin(publication)) break;
      const { sentBytes } = this.#sending;
      const isMoved = this.#move(publication);
      bytes += this.#sending.sentBytes - sentBytes;
      if (!isMoved) break;
      work++;
    }
    return work;
  }

  /** Takes the next admitted frame; false if there is none now. */
  #begin(publication: FrameSink): boolean {
    // Everything in an epoch follows its open message.
    if (this.#isOpenDue || this.#epoch === null || this.#epoch !== this.#consumer.epoch) {
      if (this.#consumer.flow !== "wait") this.#consumer.receive();
      return false;
    }
    this.#roomBytes = publication.roomBytes;
    if (this.#options.mode === "lossless" && !isAdmitted(this.#maxFrameBytes, this.#roomBytes, this.#cutting)) {
      if (this.#consumer.flow !== "wait") this.#consumer.receive();
      return false;
    }
    let handled = 1;
    while (handled > 0 && !this.#sending.isUnderWay) handled = this.#consumer.poll(this.#onFrame, this.#one);
    return this.#sending.isUnderWay;
  }

  #take(frame: Frame): LossCause | undefined {
    const { byteLength, header } = frame;
    if (!isAdmitted(byteLength, this.#roomBytes, this.#cutting)) {
      this.#backPressured++;
      return "sinkTooSlow";
    }
    const isNew = header.metaVersion !== this.#metaVersion;
    if (isNew || this.#attributes.length === 0) {
      // Attributes that had not arrived with the first frame of their version follow with a later one.
      this.#attributes = frame.attributes;
      this.#metaVersion = header.metaVersion;
      this.#isMetaDue ||= isNew || this.#attributes.length > 0;
    }
    this.#sending.begin(frame, this.#cutting);
    return undefined;
  }

  /** Sends the next piece of the current frame; false if there is no room for it now. */
  #move(publication: FrameSink): boolean {
    if (this.#isMetaDue && !this.#sending.hasBegun) {
      if (!this.#sendMeta(publication)) return false;
      this.#isMetaDue = false;
    }
    return this.#sending.move(publication, this.#cutting);
  }

  /** The current frame will not be finished. */
  #abandon(isLost: boolean): void {
    if (!this.#sending.isUnderWay) return;
    this.#sending.abandon();
    this.#notConnected++;
    if (isLost) log.info(`stream ${this.#consumer.streamId}: frame ${this.#sending.seq} was not finished`);
  }
}
