import type { MessageHandler } from "../aeron/subscription.ts";
import type { Counter } from "../core/counters.ts";
import type { AttachAnswer } from "../protocol/attach-answer.ts";
import { ShmPoolAnnounceDecoder } from "../sbe/generated/control/index.ts";
import {
  LeaseRevokeReason,
  Role,
  ShmAttachResponseDecoder,
  ShmDriverShutdownDecoder,
  ShmLeaseRevokedDecoder,
  ShutdownReason,
} from "../sbe/generated/driver/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import { answerOf } from "./attach-messages.ts";

/** A lease that has ended; it may be any client's. */
export interface RevokedLease {
  readonly leaseId: bigint;
  readonly streamId: number;
  readonly clientId: number;
  readonly isProducers: boolean;
}

/** Driver messages that concern its clients. `sessionId`: the sender's Aeron session, which may belong to another process. */
export interface AttachmentInboxListener {
  /** `read` returns the whole answer; valid only during the call. */
  onAnswer(correlationId: bigint, read: () => AttachAnswer, sessionId: number): void;
  /** True if this session's messages about leases are obeyed. */
  isDriver(sessionId: number): boolean;
  /** `isDetach`: the holder detached. */
  onRevoked(lease: RevokedLease, isDetach: boolean, reason: string): void;
  onShutdown(reason: string): void;
  onAnnounce(streamId: number, epoch: bigint, sessionId: number): void;
}

/**
 * Decodes a driver's messages and passes on the well-formed ones (W-36, D-14). Rejects ends of leases sent by another process; ignores all
 * other messages.
 */
export class AttachmentInbox {
  readonly #listener: AttachmentInboxListener;
  readonly #refused: Counter;
  readonly #answer = new ShmAttachResponseDecoder();
  readonly #revoked = new ShmLeaseRevokedDecoder();
  readonly #shutdown = new ShmDriverShutdownDecoder();
  readonly #announce = new ShmPoolAnnounceDecoder();
  readonly #readAnswer = (): AttachAnswer => answerOf(this.#answer);

  constructor(listener: AttachmentInboxListener, refused: Counter) {
    this.#listener = listener;
    this.#refused = refused;
  }

  readonly onMessage: MessageHandler = (view, length, sessionId) => {
    switch (messageKeyAt(view, 0, length)) {
      case ShmAttachResponseDecoder.KEY:
        if (this.#answer.wrap(view, 0, length) !== null) this.#refused.increment();
        else this.#listener.onAnswer(this.#answer.correlationId, this.#readAnswer, sessionId);
        break;
      case ShmLeaseRevokedDecoder.KEY:
        if (this.#revoked.wrap(view, 0, length) !== null || !this.#listener.isDriver(sessionId))
          this.#refused.increment();
        else this.#onRevoked(this.#revoked);
        break;
      case ShmDriverShutdownDecoder.KEY:
        if (this.#shutdown.wrap(view, 0, length) !== null || !this.#listener.isDriver(sessionId))
          this.#refused.increment();
        else this.#onShutdown(this.#shutdown);
        break;
      case ShmPoolAnnounceDecoder.KEY:
        // Malformed announces are counted by the code that would map them.
        if (this.#announce.wrap(view, 0, length) === null) {
          this.#listener.onAnnounce(this.#announce.streamId, this.#announce.epoch, sessionId);
        }
        break;
    }
  };

  #onRevoked(message: ShmLeaseRevokedDecoder): void {
    const { leaseId, streamId, clientId, role, reason } = message;
    const why = nameOf(LeaseRevokeReason, reason, message.errorMessage());
    const lease = { leaseId, streamId, clientId, isProducers: role === Role.PRODUCER };
    this.#listener.onRevoked(lease, reason === LeaseRevokeReason.DETACHED, why);
  }

  #onShutdown(message: ShmDriverShutdownDecoder): void {
    this.#listener.onShutdown(nameOf(ShutdownReason, message.reason, message.errorMessage()));
  }
}

/** "EXPIRED", or "REVOKED (by an operator)". */
function nameOf(codes: Readonly<Record<string, number>>, code: number, message: string): string {
  const name = Object.keys(codes).find((key) => codes[key] === code) ?? String(code);
  return message === "" ? name : `${name} (${message})`;
}
