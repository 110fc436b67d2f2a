import { overlay } from "../../ffi/memory.ts";
import type { BlockMessageHandler } from "../../src/aeron/block-subscription.ts";
import { DESCRIPTOR_FRAME_BYTES } from "../../src/aeron/channel.ts";
import type { MessageBlock } from "../../src/aeron/message-block.ts";
import type { BlockInbound, FrameSink, Inbound, SharedCounter } from "../../src/aeron/ports.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import type { MessageHandler } from "../../src/aeron/subscription.ts";
import { BRIDGE_RETURN_STREAM_ID } from "../../src/bridge/channels.ts";
import type { SimConnection } from "./connection.ts";
import type { SimCounterRecord, SimImage, SimLog, SimMessage, SimSubscriber } from "./media.ts";
import type { SimProcess } from "./process.ts";

const MAX_MESSAGE_BYTES = 64 * 1024;
/** Messages of the control plane that a window holds. */
const CONTROL_WINDOW = 400;
const RENEWAL_DELAY_NS = 10e6;
/** Memory from which messages were published, by its address. */
const overlays = new Map<number, ArrayBuffer>();
const MAX_OVERLAYS = 1024;
/** The engine counts each view over memory as if it was allocated. */
const OVERLAY_BYTES = 512;

/** A copy of a message; a view over the memory is made once for each address. */
function copyOf(address: number, length: number): DataView {
  if (length > OVERLAY_BYTES) return new DataView(overlay(address, length).slice());
  let memory = overlays.get(address);
  if (memory === undefined) {
    if (overlays.size >= MAX_OVERLAYS) overlays.clear();
    memory = overlay(address, OVERLAY_BYTES);
    overlays.set(address, memory);
  }
  return new DataView(memory.slice(0, length));
}

/** A resource that outlives the connections it was made with. */
export abstract class SimResource {
  /** When the media driver has made it; infinite while it has not been asked. */
  readyNs = Number.POSITIVE_INFINITY;
  isMade = false;

  get isReady(): boolean {
    return this.isMade;
  }

  abstract make(): void;
  abstract forget(): void;
}

export class SimPublication extends SimResource implements FrameSink {
  readonly channel: string;
  readonly streamId: number;
  refusal: PublishResult = PublishResult.PUBLISHED;
  readonly #connection: SimConnection;
  /** Reports to another host go by the link. */
  readonly #isRemote: boolean;
  #log: SimLog | null = null;

  constructor(connection: SimConnection, channel: string, streamId: number) {
    super();
    this.#connection = connection;
    this.#isRemote = streamId === BRIDGE_RETURN_STREAM_ID;
    this.channel = channel;
    this.streamId = streamId;
  }

  get sessionId(): number | null {
    return this.#log?.sessionId ?? null;
  }

  get isConnected(): boolean {
    return this.#log !== null && this.#connection.media.hasSubscriber(this.streamId);
  }

  get maxMessageBytes(): number {
    return this.#log === null ? Number.POSITIVE_INFINITY : MAX_MESSAGE_BYTES;
  }

  make(): void {
    const { media, process } = this.#connection;
    const windowBytes = Number(/pub-wnd=(\d+)/.exec(this.channel)?.[1] ?? 0);
    const limitMs = Number(/untethered-window-limit-timeout=(\d+)ms/.exec(this.channel)?.[1] ?? 5);
    const windowMessages = windowBytes === 0 ? CONTROL_WINDOW : Math.max(1, windowBytes / DESCRIPTOR_FRAME_BYTES);
    this.#log = media.addLog(process, this.streamId, windowMessages, limitMs * 1e6);
    this.isMade = true;
  }

  forget(): void {
    if (this.#log !== null) this.#connection.media.endLog(this.#log);
    this.#log = null;
    this.isMade = false;
  }

  publish(address: number, length: number): PublishResult {
    const { process, media, world } = this.#connection;
    process.step("publish a message");
    const log = this.#log;
    const refusal = this.#refusalOf(log);
    if (refusal !== null || log === null) return refusal ?? PublishResult.NOT_CONNECTED;
    const view = copyOf(address, length);
    world.onPublished(process, view);
    media.publish(log, view, false);
    return PublishResult.PUBLISHED;
  }

  get roomBytes(): number {
    throw new Error("expected no frames within a host");
  }

  publishPieces(): PublishResult {
    throw new Error("expected no frames within a host");
  }

  claim(): number {
    throw new Error("expected no frames within a host");
  }

  endClaim(): void {}

  publishMessage(address: number, length: number): PublishResult {
    return length > this.maxMessageBytes ? PublishResult.TOO_LONG : this.publish(address, length);
  }

  publishBlock(block: MessageBlock, from: number, count: number): number {
    const { process, media } = this.#connection;
    process.step("publish descriptors");
    const log = this.#log;
    const refusal = this.#refusalOf(log);
    if (refusal !== null || log === null) {
      this.refusal = refusal ?? PublishResult.NOT_CONNECTED;
      return 0;
    }
    for (let i = 0; i < count; i++) {
      if (i > 0 && media.isFull(log)) return i;
      const offset = block.offsetOf(from + i);
      media.publish(log, new DataView(block.view.buffer.slice(offset, offset + block.messageBytes)), true);
    }
    return count;
  }

  #refusalOf(log: SimLog | null): PublishResult | null {
    const { media, isConnected } = this.#connection;
    if (log === null || !isConnected || !media.hasSubscriber(this.streamId)) return PublishResult.NOT_CONNECTED;
    if (this.#isRemote && media.links.isCut) return PublishResult.NOT_CONNECTED;
    const { backPressure } = media.faults;
    if (backPressure > 0 && media.random.chance(backPressure)) return PublishResult.BACK_PRESSURED;
    return media.isFull(log) ? PublishResult.BACK_PRESSURED : null;
  }
}

abstract class SimSubscription extends SimResource implements SimSubscriber {
  readonly streamId: number;
  readonly process: SimProcess;
  readonly images: SimSubscriber["images"] = [];
  readonly seen = new Map<number, number>();
  isResting = false;
  protected readonly connection: SimConnection;

  constructor(connection: SimConnection, streamId: number) {
    super();
    this.connection = connection;
    this.process = connection.process;
    this.streamId = streamId;
  }

  termBytesOf(sessionId: number): number {
    return this.images.some((image) => image.log.sessionId === sessionId) ? MAX_MESSAGE_BYTES : 0;
  }

  make(): void {
    this.isResting = false;
    this.connection.media.subscribe(this);
    this.isMade = true;
  }

  forget(): void {
    this.connection.media.unsubscribe(this);
    this.isMade = false;
  }

  /** The publishers that this poll reads from: a handler may end the subscription. Empty where nothing has come. */
  protected imagesToPoll(nowNs: number): readonly SimImage[] {
    for (const { queue } of this.images) {
      if (queue.length > 0 && (queue[0] as SimMessage).atNs <= nowNs) return this.images.slice();
    }
    return NO_IMAGES;
  }
}

const NO_IMAGES: readonly SimImage[] = [];

export class SimInbound extends SimSubscription implements Inbound {
  readonly #onMessage: MessageHandler;

  constructor(connection: SimConnection, streamId: number, onMessage: MessageHandler) {
    super(connection, streamId);
    this.#onMessage = onMessage;
  }

  resolvedEndpoint(): string | null {
    return this.isMade ? "192.0.2.1:40001" : null;
  }

  poll(limit: number): number {
    if (!this.isMade) return 0;
    const { process, world, clock } = this.connection;
    process.step("read messages");
    const nowNs = clock.nanoTime();
    let taken = 0;
    for (const { queue, log } of this.imagesToPoll(nowNs)) {
      for (let next = queue[0]; next !== undefined && next.atNs <= nowNs && taken < limit; next = queue[0]) {
        queue.shift();
        taken++;
        world.onDelivered(process, next.view, log.sessionId);
        this.#onMessage(next.view, next.view.byteLength, log.sessionId);
      }
    }
    // Readers of control streams return by themselves.
    if (this.isResting) this.connection.renew(this);
    return taken;
  }
}

export class SimBlockInbound extends SimSubscription implements BlockInbound {
  onArrival: () => void = () => {};
  readonly #onMessage: BlockMessageHandler;
  #renewalDueNs = 0;

  constructor(connection: SimConnection, streamId: number, onMessage: BlockMessageHandler) {
    super(connection, streamId);
    this.#onMessage = onMessage;
  }

  poll(blockBytes: number): number {
    if (!this.isMade) return 0;
    const { process, clock } = this.connection;
    process.step("read descriptors");
    const nowNs = clock.nanoTime();
    const limit = Math.max(1, Math.floor(blockBytes / DESCRIPTOR_FRAME_BYTES));
    let bytes = 0;
    for (const { queue } of this.imagesToPoll(nowNs)) {
      let taken = 0;
      for (let next = queue[0]; next !== undefined && next.atNs <= nowNs && taken < limit; next = queue[0]) {
        if (taken === 0) this.onArrival();
        queue.shift();
        taken++;
        bytes += DESCRIPTOR_FRAME_BYTES;
        this.#onMessage(next.view, 0, next.view.byteLength);
      }
    }
    return bytes;
  }

  needsRenewal(nowNs: number): boolean {
    if (!this.isResting || nowNs < this.#renewalDueNs) return false;
    this.#renewalDueNs = nowNs + RENEWAL_DELAY_NS;
    return true;
  }
}

export class SimCounter extends SimResource implements SharedCounter {
  readonly #connection: SimConnection;
  readonly #shown: SimCounterRecord;

  constructor(connection: SimConnection, typeId: number, key: Uint8Array, label: string) {
    super();
    this.#connection = connection;
    this.#shown = { process: connection.process, typeId, key: key.slice(), label, value: 0 };
  }

  set(value: number): void {
    if (this.isMade && !this.#shown.process.isDead) this.#shown.value = value;
  }

  make(): void {
    this.#connection.media.counters.add(this.#shown);
    this.isMade = true;
  }

  forget(): void {
    this.#connection.media.counters.delete(this.#shown);
    this.isMade = false;
  }
}
