import type { SimProcess } from "./process.ts";
import type { SeededRandom } from "./random.ts";

/** Header of each fragment in a log, and what its length is a multiple of. */
const HEADER_BYTES = 32;
const BEGIN_FLAG = 0x80;
const END_FLAG = 0x40;
/** Aeron: without a receiver's messages for longer, a publication is not connected. */
const CONNECTION_TIMEOUT_NS = 5e9;
/** Without a datagram for longer, a receiver gives a session up. */
const IMAGE_TIMEOUT_NS = 10e9;
/** A lost datagram is sent again: what follows waits for it. */
const RETRANSMIT_NS = 100e6;
const MAX_LATENCY_NS = 5e6;

export interface LinkFragment {
  readonly flags: number;
  readonly payload: Uint8Array;
  readonly logBytes: number;
  readonly atNs: number;
}

/** What one sender has under way to a receiver. */
export interface LinkImage {
  readonly log: LinkLog;
  readonly queue: LinkFragment[];
  /** Of the log, which the receiver has not read yet. */
  bytes: number;
  isGone: boolean;
}

/** The log of a sender. */
export interface LinkLog {
  readonly process: SimProcess;
  readonly endpoint: string;
  readonly streamId: number;
  readonly mtuBytes: number;
  readonly windowBytes: number;
  image: LinkImage | null;
  /** When it was given back, or its process died. */
  endedNs: number | null;
  isKilled: boolean;
}

export interface LinkReceiver {
  readonly process: SimProcess;
  readonly endpoint: string;
  readonly streamId: number;
  readonly images: LinkImage[];
}

/** Aeron's UDP between two hosts: in order, reliable, with windows; and a cable that may be cut. */
export class SimLinks {
  readonly #nowNs: () => number;
  readonly #random: SeededRandom;
  readonly #logs = new Set<LinkLog>();
  readonly #receivers = new Set<LinkReceiver>();
  #cutNs: number | null = null;
  /** Share of datagrams that are lost, 0 to 1. */
  loss = 0;

  constructor(random: SeededRandom, nowNs: () => number) {
    this.#random = random;
    this.#nowNs = nowNs;
  }

  get isCut(): boolean {
    return this.#cutNs !== null;
  }

  cut(): void {
    this.#cutNs ??= this.#nowNs();
  }

  mend(): void {
    this.tick();
    this.#cutNs = null;
    this.tick();
  }

  clear(): void {
    for (const { images } of this.#receivers) for (const image of images) image.isGone = true;
    this.#logs.clear();
    this.#receivers.clear();
  }

  addLog(log: LinkLog): void {
    this.#logs.add(log);
    this.tick();
  }

  endLog(log: LinkLog): void {
    log.endedNs ??= this.#nowNs();
  }

  addReceiver(receiver: LinkReceiver): void {
    this.#receivers.add(receiver);
    this.tick();
  }

  removeReceiver(receiver: LinkReceiver): void {
    this.#receivers.delete(receiver);
    for (const image of receiver.images) this.#end(image);
  }

  processDied(process: SimProcess): void {
    for (const receiver of [...this.#receivers]) if (receiver.process === process) this.removeReceiver(receiver);
    for (const log of this.#logs) {
      if (log.process !== process) continue;
      log.isKilled = true;
      this.endLog(log);
    }
  }

  isConnected(log: LinkLog): boolean {
    this.tick();
    return log.image !== null && !this.#isCutFor(CONNECTION_TIMEOUT_NS);
  }

  roomBytes(log: LinkLog): number {
    return log.image === null ? 0 : Math.max(0, log.windowBytes - log.image.bytes);
  }

  /** Publishes a message, cut into fragments. */
  publish(log: LinkLog, message: Uint8Array): void {
    const { image } = log;
    if (image === null) return;
    const random = this.#random;
    const payloadBytes = log.mtuBytes - HEADER_BYTES;
    for (let at = 0; at === 0 || at < message.length; at += payloadBytes) {
      const payload = message.slice(at, at + payloadBytes);
      const flags = (at === 0 ? BEGIN_FLAG : 0) | (at + payloadBytes >= message.length ? END_FLAG : 0);
      const logBytes = Math.ceil((payload.length + HEADER_BYTES) / HEADER_BYTES) * HEADER_BYTES;
      const lateNs = random.chance(this.loss) ? RETRANSMIT_NS : random.between(0, MAX_LATENCY_NS);
      const atNs = Math.max(this.#nowNs() + lateNs, image.queue.at(-1)?.atNs ?? 0);
      image.queue.push({ flags, payload, logBytes, atNs });
      image.bytes += logBytes;
    }
  }

  /** The next fragment that has come; null when there is none. */
  next(image: LinkImage): LinkFragment | null {
    const [fragment] = image.queue;
    const nowNs = Math.min(this.#nowNs(), this.#cutNs ?? Number.POSITIVE_INFINITY);
    return fragment === undefined || fragment.atNs > nowNs ? null : fragment;
  }

  take(image: LinkImage): void {
    const fragment = image.queue.shift();
    if (fragment !== undefined) image.bytes -= fragment.logBytes;
  }

  /** Sessions end, and begin where both sides are there. */
  tick(): void {
    const nowNs = this.#nowNs();
    const isLost = this.#isCutFor(IMAGE_TIMEOUT_NS);
    for (const log of this.#logs) {
      const { image, endedNs } = log;
      if (image !== null) {
        const isOver =
          endedNs !== null && (log.isKilled ? nowNs - endedNs > IMAGE_TIMEOUT_NS : image.queue.length === 0);
        if (isLost || isOver) this.#end(image);
      }
      if (endedNs !== null && log.image === null) this.#logs.delete(log);
      else if (log.image === null && !this.isCut) this.#join(log);
    }
  }

  #join(log: LinkLog): void {
    for (const { endpoint, streamId, images } of this.#receivers) {
      if (endpoint !== log.endpoint || streamId !== log.streamId) continue;
      const image = { log, queue: [], bytes: 0, isGone: false };
      log.image = image;
      images.push(image);
      return;
    }
  }

  #end(image: LinkImage): void {
    image.isGone = true;
    if (image.log.image === image) image.log.image = null;
  }

  #isCutFor(ns: number): boolean {
    return this.#cutNs !== null && this.#nowNs() - this.#cutNs > ns;
  }
}
