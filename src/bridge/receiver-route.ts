import { getLogger } from "../core/logger.ts";
import { hasMonotonicTimestamps } from "../observe/timestamp-clock.ts";
import type { Attribute } from "../protocol/attribute.ts";
import { isPowerOfTwo } from "../protocol/stream-layout.ts";
import { BridgeFlow, type BridgeOpenDecoder } from "../sbe/generated/bridge/index.ts";
import { FrameDelay } from "./frame-delay.ts";
import { BridgeAccount } from "./ledger.ts";
import type { OutputStream } from "./output-stream.ts";
import { explainPathFault, isOfOneHost, withPath } from "./stream-path.ts";

const log = getLogger("bridge");

export interface ReceiverRouteOptions {
  /** The sender's stream. */
  readonly streamId: number;
  readonly output: OutputStream;
  /** Identity of the output's stream among all hosts. */
  readonly identity: string;
  /** Most bytes of regions created with a sender's layout. */
  readonly maxRegionBytes: number;
  /** True if this side sets the layout, whatever a sender announces. */
  readonly hasOwnLayout: boolean;
}

/** A sender without a sign of life for longer than this is gone: four of its heartbeats. */
const SENDER_TIMEOUT_NS = 4e9;
/** The same if a successor is already requesting: two heartbeats. */
const SUCCESSION_TIMEOUT_NS = 2e9;
/** The same for a lossless output: frames of an ended epoch have no place. Aeron drops a session after 10 s. */
const WAITING_SENDER_TIMEOUT_NS = 15e9;
/** How long frames wait for the regions of their epoch. */
const REGIONS_TIMEOUT_NS = 10e9;
/** A sender takes round trips of at most a minute: half of that is the error. */
const MAX_CLOCK_ERROR_NS = 30e9;
const MAX_NSLOTS = 2 ** 22;
const MAX_STRIDE_BYTES = 2 ** 31;
const MIN_STRIDE_BYTES = 4096;
const MAX_POOLS = 256;
const HEADER_BYTES = 256;

/** Destination of the frames of one stream: one sender at a time, to one output stream. */
export class ReceiverRoute {
  readonly streamId: number;
  readonly output: OutputStream;
  readonly #options: ReceiverRouteOptions;
  account = new BridgeAccount();
  readonly delay = new FrameDelay();
  /** Instance of the sender; null before the first. */
  instance: bigint | null = null;
  /** The address of the newest sender; "" before the first. */
  peer = "";
  /** True while readers of the output may hold the sender back. */
  isWaitedFor = false;
  #session: object | null = null;
  #epoch: bigint | null = null;
  #heardNs = Number.NEGATIVE_INFINITY;
  #begunNs = 0;
  #path = "";
  #attributes: readonly Attribute[] = [];

  constructor(options: ReceiverRouteOptions) {
    this.streamId = options.streamId;
    this.output = options.output;
    this.#options = options;
  }

  /** True while a sender has an open epoch of its source. */
  get isOpen(): boolean {
    return this.#epoch !== null;
  }

  /** True while a sender's Aeron session exists. */
  get hasSession(): boolean {
    return this.#session !== null;
  }

  /** A sign of life of the sender. */
  hear(nowNs: number): void {
    this.#heardNs = nowNs;
  }

  /** False while frames must wait: for regions, or for readers that hold the output back. */
  mayTake(nowNs: number): boolean {
    if (this.#epoch === null) return true;
    const { producer } = this.output;
    if (producer?.isReady === true) return !producer.isWaiting && this.output.mayPublish(nowNs);
    return nowNs - this.#begunNs > REGIONS_TIMEOUT_NS;
  }

  /** A sender announces what it sends. Returns why it is refused; null if it is accepted. */
  take(session: object, open: BridgeOpenDecoder, nowNs: number): string | null {
    const isOther = this.instance !== null && open.instance !== this.instance;
    if (
      isOther &&
      this.#session !== null &&
      this.#session !== session &&
      nowNs - this.#heardNs < SUCCESSION_TIMEOUT_NS
    ) {
      return `another sender sends stream ${this.streamId} already`;
    }
    const path = open.path();
    const fault = explainPathFault(path, this.#options.identity) ?? this.#explainLayoutFault(open);
    if (fault !== null) return `stream ${this.streamId}: ${fault}`;
    if (open.instance !== this.instance) {
      this.#end("another sender has begun");
      this.instance = open.instance;
      this.account = new BridgeAccount();
    }
    this.#session = session;
    this.#path = path;
    this.#setClock(open);
    this.hear(nowNs);
    this.#follow(open, nowNs);
    return null;
  }

  /** The source's attributes have arrived, possibly again. */
  onAttributes(attributes: readonly Attribute[]): void {
    if (areEqual(attributes, this.#attributes)) return;
    this.#attributes = attributes;
    this.output.setAttributes(withPath(attributes, this.#path));
  }

  /** The session has ended; another one of the same sender may follow. */
  release(session: object): void {
    if (this.#session === session) this.#session = null;
  }

  doWork(nowNs: number): number {
    // A sender's messages are not read while its frames wait here.
    if (!this.mayTake(nowNs)) this.hear(nowNs);
    const timeoutNs = this.isWaitedFor ? WAITING_SENDER_TIMEOUT_NS : SENDER_TIMEOUT_NS;
    if (this.#epoch !== null && nowNs - this.#heardNs > timeoutNs) this.#end("the sender gave no sign of life");
    return this.output.doWork(nowNs);
  }

  /** Timestamps use a clock of the source's host: the sender's, unless the sender is itself a receiver of a further hop. */
  #setClock(open: BridgeOpenDecoder): void {
    const errorNs = open.hasFarErrorNs ? open.farErrorNsNumber : Number.POSITIVE_INFINITY;
    const isOfSender = isOfOneHost(this.#path) && hasMonotonicTimestamps(this.#attributes);
    if (isOfSender && errorNs <= MAX_CLOCK_ERROR_NS)
      this.delay.setClock(Number(open.farMonotonicNs - open.monotonicNs), errorNs);
    else this.delay.setClock(0, Number.POSITIVE_INFINITY);
  }

  #follow(open: BridgeOpenDecoder, nowNs: number): void {
    if (open.nslots === 0) {
      this.#end("the source has ended");
      return;
    }
    if (open.epoch === this.#epoch) return;
    this.#end("the source has begun another epoch");
    this.#epoch = open.epoch;
    this.#begunNs = nowNs;
    this.isWaitedFor = open.flow === BridgeFlow.WAIT;
    const strideBytes: number[] = [];
    for (open.pools.rewind(); open.pools.next(); ) strideBytes.push(open.pools.strideBytes);
    this.output.begin({
      nslots: open.nslots,
      strideBytes,
      flow: this.isWaitedFor ? "wait" : "drop",
      seqStep: open.seqStep,
      joinedSeq: open.joinedSeqNumber,
      attributes: withPath(this.#attributes, this.#path),
    });
    log.info(`stream ${this.streamId} → stream ${this.output.streamId}: receiving epoch ${open.epoch} of the source`);
  }

  #end(why: string): void {
    if (this.#epoch === null) return;
    this.#epoch = null;
    this.#attributes = [];
    this.output.end();
    log.info(`stream ${this.streamId} → stream ${this.output.streamId}: ${why}`);
  }

  #explainLayoutFault(open: BridgeOpenDecoder): string | null {
    const { nslots, pools } = open;
    if (nslots === 0 || this.#options.hasOwnLayout) return null;
    if (!isPowerOfTwo(nslots) || nslots > MAX_NSLOTS) return `expected a power of two of slots, found ${nslots}`;
    let bytes = nslots * HEADER_BYTES;
    let count = 0;
    for (pools.rewind(); pools.next(); count++) {
      const { strideBytes } = pools;
      const isStride = isPowerOfTwo(strideBytes) && strideBytes >= MIN_STRIDE_BYTES && strideBytes <= MAX_STRIDE_BYTES;
      if (!isStride) return `expected pools of powers of two, found ${strideBytes} bytes`;
      bytes += nslots * strideBytes;
    }
    if (count === 0 || count > MAX_POOLS) return `expected 1 to ${MAX_POOLS} pools, found ${count}`;
    const { maxRegionBytes } = this.#options;
    return bytes > maxRegionBytes
      ? `its layout takes ${bytes} bytes, and ${maxRegionBytes} are allowed for regions: allow more, or give a layout of its own (slots, pool)`
      : null;
  }
}

function areEqual(a: readonly Attribute[], b: readonly Attribute[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ key, format, value }, i) => {
      const other = b[i] as Attribute;
      return key === other.key && format === other.format && Buffer.compare(value, other.value) === 0;
    })
  );
}
