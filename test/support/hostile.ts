import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel, observerChannel } from "../../src/aeron/channel.ts";
import type { Publication } from "../../src/aeron/publication.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import type { MessageHandler, MessageSubscription } from "../../src/aeron/subscription.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { LIVENESS_NS } from "../../src/protocol/stream-owner.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import type { Driver } from "../../src/roles/driver/driver.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { messageByKey, messageKeyAt } from "../../src/sbe/index.ts";
import { INTEGERS, type MessageInfo } from "../../src/sbe/runtime/info.ts";
import { DriverRig } from "./driver-rig.ts";
import { FRAMED, MESSAGE_VECTORS } from "./sbe-messages.ts";
import { TIMEOUT_MS } from "./until.ts";

const { channel, controlStreamId, descriptorStreamId, qosStreamId, metadataStreamId } = DEFAULT_STREAMS;
const STREAM_IDS = [controlStreamId, descriptorStreamId, qosStreamId, metadataStreamId] as const;
const SHAPE = { dtype: "uint8", dims: [4] } as const;
const BYTES = new Uint8Array(4);
const SBE_HEADER_BYTES = 8;
/** Time that passes while frames do not flow: leases expire, and announces come. */
const STEP_NS = 100e6;
/** Longer than an owner is new; in steps that no lease outlasts. */
const ESTABLISHED_NS = 2 * LIVENESS_NS;
const STEP_OF_AGE_NS = 900e6;

/** A real message, and the Aeron stream that it was on. */
export interface HeardMessage {
  readonly bytes: Uint8Array;
  readonly aeronStreamId: number;
}

/**
 * A driver, a producer and a consumer that are alive, and somebody who says what they never would, under their own ids: what is sent is
 * made of the messages that they sent last.
 */
export class HostileWorld implements AsyncDisposable {
  /** Time flies here, and with it the ids of roles: their counters are not to be kept for a minute each. */
  readonly rig = new DriverRig({ tellsPauses: false, counterReuseNs: 1e6 });
  readonly driver: Driver;
  readonly producer: Producer;
  readonly consumer: Consumer;
  readonly #buffer = new NativeBuffer(64 * 1024);
  readonly #publications = new Map<number, Publication>();
  readonly #subscriptions: MessageSubscription[] = [];
  readonly #heard = new Map<number, HeardMessage>();
  sent = 0;

  constructor() {
    const { rig } = this;
    for (const id of STREAM_IDS) {
      this.#publications.set(id, rig.connection.addPublication(controlPublicationChannel(channel), id));
      const listen: MessageHandler = (view, length, sessionId) => {
        if (this.#publications.get(id)?.sessionId === sessionId) return;
        const bytes = new Uint8Array(view.buffer, view.byteOffset, length).slice();
        this.#heard.set(messageKeyAt(view, 0, length), { bytes, aeronStreamId: id });
      };
      this.#subscriptions.push(rig.connection.addSubscription(observerChannel(channel), id, listen));
    }
    this.driver = rig.startDriver();
    const made = rig.leasedPair({}, { progress: { handler: () => {} } });
    this.producer = made.producer;
    this.consumer = made.consumer;
    this.producer.sendConsumerConfig({ consumerId: this.consumer.consumerId, mode: "stream" });
    const isReady = (): boolean => [...this.#publications.values()].every(({ isConnected }) => isConnected);
    this.#until(isReady, "all publications");
    this.readOn(3);
    // Everything that is said at a cadence was heard.
    rig.clock.jump(1.1e9);
    this.readOn(3);
    // An owner that is new gives way to an older one that lives, which a stranger can pretend to be; an established one does not.
    for (let ageNs = 0; ageNs < ESTABLISHED_NS; ageNs += STEP_OF_AGE_NS) {
      rig.clock.jump(STEP_OF_AGE_NS);
      this.readOn(3);
    }
  }

  /** The last message of each kind: as the roles sent it, or a reference encoding with the stream's id. */
  get messages(): readonly (HeardMessage & { readonly info: MessageInfo })[] {
    return FRAMED.map((info) => ({ info, ...(this.#heard.get(keyOf(info)) ?? this.#reference(info)) }));
  }

  get claimed(): number {
    return this.producer.counters.of.claimed.value;
  }

  get outcomes(): number {
    const { accepted, skipped } = this.consumer.counters.of;
    return accepted.value + skipped.value + totalLost(this.consumer.counters);
  }

  say(bytes: Uint8Array, aeronStreamId: number): void {
    const publication = this.#publications.get(aeronStreamId) as Publication;
    this.#buffer.bytes.set(bytes);
    this.#until(
      () => publication.publishMessage(this.#buffer.address, bytes.length) === PublishResult.PUBLISHED,
      `room on stream ${aeronStreamId}`,
    );
    this.sent++;
  }

  /** The living stream is read on: `count` further frames are accepted, whatever was said, and no agent has thrown. */
  readOn(count: number): void {
    const { accepted } = this.consumer.counters.of;
    const target = accepted.value + count;
    let turns = 0;
    this.#until(() => {
      if (++turns % 20 === 0) this.rig.clock.jump(STEP_NS);
      this.#publish();
      this.consumer.poll(() => undefined);
      this.#restoreMode();
      return accepted.value >= target;
    }, `${count} further frames`);
    if (this.rig.scheduler.agentErrors > 0) throw new Error("expected no error of an agent");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rig[Symbol.asyncDispose]();
  }

  /** With its progress told, so that there are such messages. */
  #publish(): void {
    const claim = this.producer.tryClaim(4);
    if (claim === null) return;
    try {
      claim.bytes.set(BYTES);
      claim.beginProgress(SHAPE);
      claim.reportProgress(2, null);
      claim.commit(SHAPE);
    } finally {
      claim.abort();
    }
  }

  /** An order that was obeyed, and rightly so. */
  #restoreMode(): void {
    const { consumer } = this;
    if (consumer.state === "failed" || consumer.state === "fallback" || consumer.mode !== "stream") {
      this.producer.sendConsumerConfig({ consumerId: consumer.consumerId, mode: "stream", useShm: true });
    }
  }

  /** A message that no role has sent, with the ids of one that was: of a keepalive it has the lease. */
  #reference(info: MessageInfo): HeardMessage {
    const vector = MESSAGE_VECTORS.find(({ name }) => name === info.name);
    const bytes = Uint8Array.fromHex(vector?.hex ?? "");
    const keepalive = FRAMED.find(({ name }) => name === "ShmLeaseKeepalive") as MessageInfo;
    const living = this.#heard.get(keyOf(keepalive))?.bytes;
    if (living === undefined) return { bytes, aeronStreamId: controlStreamId };
    for (const field of info.fields) {
      const from = keepalive.fields.find(({ name, type }) => name === field.name && type === field.type);
      if (from === undefined) continue;
      const value = living.subarray(
        SBE_HEADER_BYTES + from.offset,
        SBE_HEADER_BYTES + from.offset + INTEGERS[from.type].bytes,
      );
      bytes.set(value, SBE_HEADER_BYTES + field.offset);
    }
    return { bytes, aeronStreamId: controlStreamId };
  }

  #state(): string {
    const { producer, consumer } = this;
    const { attachRefusal, isAttached, epoch, isWaiting } = producer;
    const reader = [consumer.state, consumer.isAttached, consumer.epoch, consumer.attachRefusal, consumer.refusal];
    const counts = JSON.stringify([producer.counters.snapshot(), consumer.counters.snapshot()]);
    return `${counts} producer ${[isAttached, epoch, isWaiting, producer.lastRefusal, attachRefusal]}, consumer ${reader}`;
  }

  #until(condition: () => boolean, what: string): void {
    const endMs = performance.now() + TIMEOUT_MS;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error(`expected ${what}, and it did not come; ${this.#state()}`);
      this.rig.step();
      for (const subscription of this.#subscriptions) subscription.poll(64);
    }
  }
}

function keyOf({ schemaId, templateId }: MessageInfo): number {
  const header = new DataView(new ArrayBuffer(SBE_HEADER_BYTES));
  header.setUint16(2, templateId, true);
  header.setUint16(4, schemaId, true);
  const key = messageKeyAt(header, 0, SBE_HEADER_BYTES);
  if (messageByKey(key) === undefined) throw new Error(`expected a message, found ${schemaId}.${templateId}`);
  return key;
}
