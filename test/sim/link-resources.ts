import { bytesAt, NativeBuffer } from "../../ffi/memory.ts";
import type { FragmentReader } from "../../src/aeron/fragment-subscription.ts";
import type { FragmentInbound, FragmentSource, FrameSink } from "../../src/aeron/ports.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import type { SimConnection } from "./connection.ts";
import type { LinkImage, LinkLog, LinkReceiver } from "./link.ts";
import { SimResource } from "./resources.ts";

const BLOCK_BYTES = 64 * 1024;
const END_FLAG = 0x40;
const SENDER_IDENTITY = "192.0.2.1:40000";

/** A sender's publication to another host. */
export class SimLinkPublication extends SimResource implements FrameSink {
  readonly channel: string;
  readonly streamId: number;
  readonly refusal = PublishResult.NOT_CONNECTED;
  readonly maxMessageBytes: number;
  readonly #connection: SimConnection;
  readonly #mtuBytes: number;
  readonly #windowBytes: number;
  readonly #claimed: NativeBuffer;
  #claimedBytes = 0;
  #log: LinkLog | null = null;

  constructor(connection: SimConnection, channel: string, streamId: number) {
    super();
    this.#connection = connection;
    this.channel = channel;
    this.streamId = streamId;
    const termBytes = sizeOf(channel, "term-length");
    this.maxMessageBytes = termBytes / 8;
    this.#windowBytes = termBytes / 2;
    this.#mtuBytes = sizeOf(channel, "mtu");
    this.#claimed = new NativeBuffer(this.#mtuBytes);
  }

  get sessionId(): number | null {
    return null;
  }

  get isConnected(): boolean {
    return this.#log !== null && this.#links.isConnected(this.#log);
  }

  get roomBytes(): number {
    return this.#log === null ? 0 : this.#links.roomBytes(this.#log);
  }

  get #links() {
    return this.#connection.media.links;
  }

  make(): void {
    const { process } = this.#connection;
    this.#log = {
      process,
      endpoint: endpointOf(this.channel),
      streamId: this.streamId,
      mtuBytes: this.#mtuBytes,
      windowBytes: this.#windowBytes,
      image: null,
      endedNs: null,
      isKilled: false,
    };
    this.#links.addLog(this.#log);
    this.isMade = true;
  }

  forget(): void {
    if (this.#log !== null) this.#links.endLog(this.#log);
    this.#log = null;
    this.isMade = false;
  }

  publish(address: number, length: number): PublishResult {
    return this.publishPieces(address, length, 0, 0);
  }

  publishMessage(address: number, length: number): PublishResult {
    return this.publishPieces(address, length, 0, 0);
  }

  publishBlock(): number {
    throw new Error("expected no descriptors between hosts");
  }

  publishPieces(head: number, headBytes: number, body: number, bodyBytes: number): PublishResult {
    this.#connection.process.step("send to another host");
    const log = this.#log;
    if (log === null || !this.isConnected) return PublishResult.NOT_CONNECTED;
    if (headBytes + bodyBytes > this.maxMessageBytes) return PublishResult.TOO_LONG;
    if (this.roomBytes === 0) return PublishResult.BACK_PRESSURED;
    const message = new Uint8Array(headBytes + bodyBytes);
    message.set(bytesAt(head, headBytes));
    if (bodyBytes > 0) message.set(bytesAt(body, bodyBytes), headBytes);
    this.#links.publish(log, message);
    return PublishResult.PUBLISHED;
  }

  claim(byteLength: number): number {
    this.#connection.process.step("claim a message to another host");
    if (!this.isConnected || this.roomBytes === 0) return 0;
    this.#claimedBytes = byteLength;
    return this.#claimed.address;
  }

  endClaim(isPublished: boolean): void {
    if (isPublished && this.#log !== null) {
      this.#links.publish(this.#log, this.#claimed.bytes.slice(0, this.#claimedBytes));
    }
  }
}

/** Where a receiver takes what senders send. */
export class SimFragments extends SimResource implements FragmentInbound, LinkReceiver {
  readonly endpoint: string;
  readonly streamId: number;
  readonly images: LinkImage[] = [];
  readonly #connection: SimConnection;
  readonly #readerOf: (source: FragmentSource) => FragmentReader;
  readonly #readers = new Map<LinkImage, FragmentReader>();
  readonly #block = new NativeBuffer(BLOCK_BYTES);

  constructor(
    connection: SimConnection,
    channel: string,
    streamId: number,
    readerOf: (source: FragmentSource) => FragmentReader,
  ) {
    super();
    this.#connection = connection;
    this.endpoint = endpointOf(channel);
    this.streamId = streamId;
    this.#readerOf = readerOf;
  }

  get process() {
    return this.#connection.process;
  }

  make(): void {
    this.#connection.media.links.addReceiver(this);
    this.isMade = true;
  }

  forget(): void {
    this.#connection.media.links.removeReceiver(this);
    this.isMade = false;
    this.#dropGone();
  }

  poll(nowNs: number): number {
    if (!this.isMade) return 0;
    this.process.step("read fragments");
    this.#connection.media.links.tick();
    this.#dropGone();
    let bytes = 0;
    for (const image of [...this.images]) bytes += this.#pollImage(image, nowNs);
    return bytes;
  }

  #pollImage(image: LinkImage, nowNs: number): number {
    const { links } = this.#connection.media;
    let reader = this.#readers.get(image);
    if (reader === undefined) {
      reader = this.#readerOf({ sourceIdentity: SENDER_IDENTITY });
      this.#readers.set(image, reader);
    }
    if (!reader.mayTake(nowNs)) return 0;
    let bytes = 0;
    for (let next = links.next(image); next !== null && bytes < BLOCK_BYTES; next = links.next(image)) {
      this.process.step("take a fragment");
      const { flags, payload } = next;
      this.#block.bytes.set(payload);
      reader.onFragment(flags, this.#block.view, 0, payload.length, this.#block.address);
      links.take(image);
      reader.onFragmentEnd(flags);
      bytes += next.logBytes;
      if ((flags & END_FLAG) !== 0 && !reader.mayTake(nowNs)) break;
    }
    return bytes;
  }

  #dropGone(): void {
    for (const image of [...this.images]) {
      if (!image.isGone) continue;
      this.images.splice(this.images.indexOf(image), 1);
      this.#readers.get(image)?.onEnd();
      this.#readers.delete(image);
    }
  }
}

function endpointOf(channel: string): string {
  return /endpoint=([^|]+)/.exec(channel)?.[1] ?? "";
}

function sizeOf(channel: string, key: string): number {
  const [, digits = "0", unit = ""] = new RegExp(`[?|]${key}=(\\d+)([km]?)`).exec(channel) ?? [];
  return Number(digits) * 1024 ** ["", "k", "m"].indexOf(unit);
}
