import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel } from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import type { Inbound } from "../aeron/ports.ts";
import type { Publication } from "../aeron/publication.ts";
import { PublishResult } from "../aeron/results.ts";
import type { Agent } from "../core/agent.ts";
import { Deadline } from "../core/timers.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { subscribeControl } from "../roles/hearing.ts";
import { type DecodedMessage, decodeMessage } from "./decoded-message.ts";

/** A message of an exchange: the one that was sent, or one that arrived after it. */
export interface ExchangeMessage {
  readonly direction: "sent" | "got";
  /** Nanoseconds since the message was sent. */
  readonly afterNs: number;
  readonly aeronStreamId: number;
  readonly sessionId: number;
  readonly message: DecodedMessage;
}

export interface ExchangeOptions {
  readonly streams: AeronStreams;
  /** The message to send on the control stream, encoded. */
  readonly bytes: Uint8Array;
  /** How long to listen after sending. */
  readonly timeoutNs: number;
  /** Listens this much longer after the answer is complete, for further answers. */
  readonly lingerNs: number;
  /** The message was sent, or another one arrived; returns true once the answer is complete. */
  onMessage(message: ExchangeMessage): boolean;
  onEnd(): void;
}

const FRAGMENTS_PER_POLL = 64;

/** Sends one control message and receives the messages that follow it on the control, QoS and metadata streams. */
export class Exchange implements Agent {
  readonly roleName = "exchange";
  readonly #options: ExchangeOptions;
  readonly #connection: AeronConnection;
  readonly #control: Publication;
  readonly #subscriptions: readonly Inbound[];
  readonly #buffer: NativeBuffer;
  readonly #deadline = new Deadline();
  #sentNs = -1;
  #nowNs = 0;
  #isComplete = false;
  #hasEnded = false;

  constructor(connection: AeronConnection, options: ExchangeOptions) {
    this.#options = options;
    this.#connection = connection;
    this.#buffer = new NativeBuffer(options.bytes.length);
    this.#buffer.bytes.set(options.bytes);
    const { channel, controlStreamId } = options.streams;
    const kinds = ["control", "announce", "qos", "metadata"] as const;
    this.#subscriptions = subscribeControl(
      connection,
      options.streams,
      kinds,
      (view, length, sessionId, aeronStreamId) =>
        this.#onMessage(new Uint8Array(view.buffer, view.byteOffset, length), aeronStreamId, sessionId),
    );
    this.#control = connection.addPublication(
      controlPublicationChannel(channel, options.bytes.length),
      controlStreamId,
    );
  }

  /** True once the message was sent. */
  get wasSent(): boolean {
    return this.#sentNs !== -1;
  }

  doWork(nowNs: number): number {
    if (this.#hasEnded) return 0;
    this.#nowNs = nowNs;
    if (!this.#deadline.isSet) this.#deadline.start(nowNs, this.#options.timeoutNs);
    let work = 0;
    for (const subscription of this.#subscriptions) work += subscription.poll(FRAGMENTS_PER_POLL);
    if (!this.wasSent && this.#connection.isReady) work += this.#send();
    if (this.#deadline.hasExpired(nowNs)) {
      this.#hasEnded = true;
      this.#options.onEnd();
    }
    return work;
  }

  onClose(): void {
    for (const resource of [...this.#subscriptions, this.#control]) this.#connection.remove(resource);
  }

  #send(): number {
    const { bytes, streams, timeoutNs } = this.#options;
    if (this.#control.publishMessage(this.#buffer.address, bytes.length) !== PublishResult.PUBLISHED) return 0;
    this.#sentNs = this.#nowNs;
    this.#deadline.start(this.#nowNs, timeoutNs);
    this.#take({
      direction: "sent",
      afterNs: 0,
      aeronStreamId: streams.controlStreamId,
      sessionId: this.#control.sessionId ?? 0,
      message: decodeMessage(bytes),
    });
    return 1;
  }

  #onMessage(bytes: Uint8Array, aeronStreamId: number, sessionId: number): void {
    // A message from before the request is no answer, and this client's own message is received as well.
    if (!this.wasSent || sessionId === this.#control.sessionId) return;
    const afterNs = this.#nowNs - this.#sentNs;
    this.#take({ direction: "got", afterNs, aeronStreamId, sessionId, message: decodeMessage(bytes) });
  }

  #take(message: ExchangeMessage): void {
    if (!this.#options.onMessage(message) || this.#isComplete) return;
    this.#isComplete = true;
    this.#deadline.start(this.#nowNs, Math.min(this.#options.lingerNs, this.#deadline.remainingNs(this.#nowNs)));
  }
}
