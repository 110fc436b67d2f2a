import type { EventLog } from "./event-log.ts";
import type { AttachAnswerFact, AttachRequestFact, RevocationFact } from "./facts.ts";

/** Limit of unanswered requests, and of reported ends, that are remembered. */
const MAX_REMEMBERED = 4096;

/** Tracks attaches and ends of leases: an answer names only its request, and a request may be repeated. */
export class LeaseWatch {
  readonly #events: EventLog;
  readonly #requests = new Map<bigint, AttachRequestFact>();
  readonly #ended = new Set<string>();

  constructor(events: EventLog) {
    this.#events = events;
  }

  onRequest(_nowNs: number, fact: AttachRequestFact): void {
    this.#requests.set(fact.correlationId, fact);
    forgetFirst(this.#requests);
  }

  /** @returns the request that got a lease; null for a refusal, and for answers to requests that were not seen */
  onAnswer(nowNs: number, { correlationId, code, leaseId, errorMessage }: AttachAnswerFact): AttachRequestFact | null {
    const request = this.#requests.get(correlationId);
    // Already answered, or sent before this process watched.
    if (request === undefined) return null;
    this.#requests.delete(correlationId);
    const { role, streamId, clientId } = request;
    const who = `${role} ${clientId}`;
    if (code === "OK") {
      const text = `${who} got lease ${leaseId} of stream ${streamId}`;
      this.#events.add(nowNs, "lease-granted", streamId, clientId, text);
      return request;
    }
    const text = `${who} was refused a lease of stream ${streamId}: ${code}: ${errorMessage}`;
    this.#events.add(nowNs, "attach-refused", streamId, clientId, text);
    return null;
  }

  /** False for an end that was already reported: duplicates are harmless (D-14). */
  onRevoked(nowNs: number, fact: RevocationFact): boolean {
    const { leaseId, streamId, clientId, role, reason, errorMessage } = fact;
    const key = `${leaseId}/${streamId}/${clientId}/${role}`;
    if (this.#ended.has(key)) return false;
    this.#ended.add(key);
    forgetFirst(this.#ended);
    const why = errorMessage === "" ? reason : `${reason}: ${errorMessage}`;
    const text = `lease ${leaseId} of ${role} ${clientId} of stream ${streamId} ended: ${why}`;
    this.#events.add(nowNs, "lease-revoked", streamId, clientId, text);
    return true;
  }

  onShutdown(nowNs: number, reason: string, message: string): void {
    // Another driver may use the same lease ids again.
    this.#ended.clear();
    this.#requests.clear();
    const text = `the driver shut down (${reason})${message === "" ? "" : `: ${message}`}; every lease has ended`;
    this.#events.add(nowNs, "driver-shutdown", null, null, text);
  }
}

/** Removes the oldest entry: maps and sets keep the order of insertion. */
function forgetFirst(collection: {
  size: number;
  keys(): Iterator<bigint | string>;
  delete(key: never): boolean;
}): void {
  if (collection.size <= MAX_REMEMBERED) return;
  collection.delete(collection.keys().next().value as never);
}
