import {
  LEASE_REVOKE_REASON_INFO,
  type MessageDecoder,
  messageKeyAt,
  RESPONSE_CODE_INFO,
  Role,
  SHUTDOWN_REASON_INFO,
  ShmAttachRequestDecoder,
  ShmAttachResponseDecoder,
  ShmDriverShutdownDecoder,
  ShmLeaseKeepaliveDecoder,
  ShmLeaseRevokedDecoder,
} from "../../sbe/index.ts";
import type { ClientRole } from "./facts.ts";
import { bounded, MAX_TEXT_CHARS } from "./limits.ts";
import type { SupervisionModel } from "./model.ts";

/** Decodes attaches, keepalives, ends of leases and the end of a driver (schema 901). */
export class DriverInbox {
  readonly #model: SupervisionModel;
  readonly #request = new ShmAttachRequestDecoder();
  readonly #answer = new ShmAttachResponseDecoder();
  readonly #keepalive = new ShmLeaseKeepaliveDecoder();
  readonly #revoked = new ShmLeaseRevokedDecoder();
  readonly #shutdown = new ShmDriverShutdownDecoder();

  constructor(model: SupervisionModel) {
    this.#model = model;
  }

  /** False if the message has one of these types and is malformed (W-36). */
  onMessage(nowNs: number, view: DataView, offset: number, length: number): boolean {
    const accepts = (decoder: MessageDecoder): boolean => decoder.wrap(view, offset, length) === null;
    switch (messageKeyAt(view, offset, length)) {
      case ShmAttachRequestDecoder.KEY:
        if (!accepts(this.#request)) return false;
        this.#onRequest(nowNs);
        return true;
      case ShmAttachResponseDecoder.KEY:
        if (!accepts(this.#answer)) return false;
        this.#onAnswer(nowNs);
        return true;
      case ShmLeaseKeepaliveDecoder.KEY: {
        if (!accepts(this.#keepalive)) return false;
        const { leaseId, streamId, clientId, role } = this.#keepalive;
        this.#model.onKeepalive(nowNs, { leaseId, streamId, clientId, role: roleOf(role) });
        return true;
      }
      case ShmLeaseRevokedDecoder.KEY:
        if (!accepts(this.#revoked)) return false;
        this.#onRevoked(nowNs);
        return true;
      case ShmDriverShutdownDecoder.KEY: {
        if (!accepts(this.#shutdown)) return false;
        const reason = SHUTDOWN_REASON_INFO.names.get(this.#shutdown.reason) ?? "?";
        this.#model.onDriverShutdown(nowNs, reason, bounded(this.#shutdown.errorMessage(), MAX_TEXT_CHARS));
        return true;
      }
      default:
        return true;
    }
  }

  #onRequest(nowNs: number): void {
    const { correlationId, streamId, clientId, role } = this.#request;
    this.#model.onAttachRequest(nowNs, { correlationId, streamId, clientId, role: roleOf(role) });
  }

  #onAnswer(nowNs: number): void {
    const { correlationId, code } = this.#answer;
    const isGranted = RESPONSE_CODE_INFO.names.get(code) === "OK";
    this.#model.onAttachAnswer(nowNs, {
      correlationId,
      code: RESPONSE_CODE_INFO.names.get(code) ?? "?",
      leaseId: isGranted ? this.#answer.leaseId : null,
      errorMessage: bounded(this.#answer.errorMessage(), MAX_TEXT_CHARS),
    });
  }

  #onRevoked(nowNs: number): void {
    const { leaseId, streamId, clientId, role, reason } = this.#revoked;
    this.#model.onRevoked(nowNs, {
      leaseId,
      streamId,
      clientId,
      role: roleOf(role),
      reason: LEASE_REVOKE_REASON_INFO.names.get(reason) ?? "?",
      errorMessage: bounded(this.#revoked.errorMessage(), MAX_TEXT_CHARS),
    });
  }
}

function roleOf(code: number): ClientRole {
  return code === Role.PRODUCER ? "producer" : "consumer";
}
