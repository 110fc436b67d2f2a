import { RateLimit } from "../../core/rate-limit.ts";
import { NO_SEQ } from "../frame-eye.ts";
import type { PageSocket } from "../page-link.ts";
import type { FoxgloveStream } from "./foxglove-stream.ts";
import { STATUS, status } from "./replies.ts";

/** Messages that a client may send in a burst, and the period for each further one. */
const MESSAGE_BURST = 200;
const MESSAGE_PERIOD_NS = 20e6;

/** One client's subscription: the newest frame is sent once the socket has accepted all earlier data. */
export interface Subscription {
  /** Chosen by the client. */
  readonly id: number;
  readonly client: FoxgloveClient;
  readonly stream: FoxgloveStream;
  sentSeq: number;
  sentEpoch: bigint | null;
  /** Earliest time of the next frame. */
  dueNs: number;
}

/** One connected viewer. */
export class FoxgloveClient {
  readonly socket: PageSocket;
  /** The client's address. */
  readonly address: string;
  readonly subscriptions = new Map<number, Subscription>();
  sent = 0;
  /** Number of malformed messages. */
  refused = 0;
  readonly #messages = new RateLimit(MESSAGE_PERIOD_NS, MESSAGE_BURST);

  constructor(socket: PageSocket, address: string) {
    this.socket = socket;
    this.address = address;
  }

  /** True if another message is allowed; false for a client that floods. */
  mayAsk(nowNs: number): boolean {
    return this.#messages.tryPass(nowNs);
  }

  subscribe(id: number, stream: FoxgloveStream): void {
    const subscription = {
      id,
      client: this,
      stream,
      sentSeq: NO_SEQ,
      sentEpoch: null,
      dueNs: Number.NEGATIVE_INFINITY,
    };
    this.subscriptions.set(id, subscription);
    stream.subscriptions.add(subscription);
  }

  unsubscribe(id: number): void {
    const subscription = this.subscriptions.get(id);
    if (subscription === undefined) return;
    this.subscriptions.delete(id);
    subscription.stream.subscriptions.delete(subscription);
  }

  /** Shows a warning to the viewer's user. A client that reads nothing gets none. */
  warn(message: string): void {
    if (this.socket.buffered() === 0) this.socket.sendText(status(STATUS.WARNING, message));
  }
}
