import { type AttachAnswer, findAnswerFault } from "../../../src/protocol/attach-answer.ts";
import type { LeaseRole } from "../../../src/protocol/lease-table.ts";
import { LeaseValidity } from "../../../src/protocol/lease-validity.ts";
import { RetryBackoff } from "../../../src/protocol/retry-backoff.ts";
import { CADENCE_NS } from "../../../src/protocol/stream-ids.ts";
import { PublishMode, ResponseCode } from "../../../src/sbe/generated/driver/index.ts";
import type { Link } from "./link.ts";
import type { FromDriver, Identity, ToDriver } from "./messages.ts";

export interface SimClientOptions {
  readonly index: number;
  readonly streamId: number;
  readonly role: LeaseRole;
  /** Null: another one for each lease. */
  readonly fixedClientId: number | null;
  readonly toDriver: Link<ToDriver>;
  /** 0 to 1. */
  readonly random: () => number;
}

/** A client that attaches, keeps its lease alive, infers that it has ended and attaches again, by the rules of D-06 to D-17. */
export class SimClient {
  readonly index: number;
  readonly streamId: number;
  readonly role: LeaseRole;
  wants = false;
  clientId: number;
  /** The lease that it believes to have. */
  leaseId: bigint | null = null;
  epoch = 0n;
  /** When it sent the last keepalive of this lease; null before the first. */
  keepaliveSentNs: number | null = null;
  readonly #options: SimClientOptions;
  readonly #validity = new LeaseValidity();
  readonly #answerBackoff: RetryBackoff;
  readonly #refusedBackoff: RetryBackoff;
  #isRequested = false;
  #dueNs = 0;
  #correlationId: bigint;
  #abandoned: { readonly clientId: number; readonly leaseId: bigint } | null = null;

  constructor(options: SimClientOptions) {
    this.#options = options;
    this.index = options.index;
    this.streamId = options.streamId;
    this.role = options.role;
    this.#answerBackoff = new RetryBackoff({ firstNs: 500e6, maxNs: 2e9 }, options.random);
    this.#refusedBackoff = new RetryBackoff({ firstNs: 100e6, maxNs: 1e9 }, options.random);
    this.#correlationId = BigInt(this.#draw());
    this.clientId = options.fixedClientId ?? this.#draw();
  }

  attach(): void {
    this.wants = true;
    this.#dueNs = 0;
  }

  detach(nowNs: number): void {
    this.wants = false;
    this.#isRequested = false;
    if (this.leaseId !== null) this.#sendDetach(this.clientId, this.leaseId, nowNs);
    this.leaseId = null;
    this.#abandoned = null;
  }

  /** What it does before it reads messages and touches anything. `isLate`: it stood still before. */
  doWork(nowNs: number, isLate: boolean): void {
    if (this.leaseId !== null) {
      this.#keepAlive(this.leaseId, nowNs, isLate);
    } else if (this.wants && nowNs >= this.#dueNs) {
      if (!this.#isRequested) this.#begin(nowNs);
      this.#request(nowNs);
    }
  }

  onMessage(message: FromDriver, nowNs: number): void {
    switch (message.kind) {
      case "answer":
        if (this.#isRequested && message.answer.correlationId === this.#correlationId) {
          this.#onAnswer(message.answer, nowNs);
        }
        break;
      case "revoked":
        if (message.leaseId === this.leaseId) this.#lose(nowNs, true);
        break;
      case "announce":
        if (this.leaseId === null || message.streamId !== this.streamId) break;
        this.#validity.announceHeard(nowNs);
        if (this.role === "producer" && message.epoch > this.epoch) this.#lose(nowNs, false);
        break;
      case "shutdown":
        if (this.leaseId !== null) this.#lose(nowNs, true);
        break;
    }
  }

  #onAnswer(answer: AttachAnswer, nowNs: number): void {
    this.#isRequested = false;
    const { correlationId, leaseId, epoch, leaseExpiryTimestampNs } = answer;
    if (answer.code !== ResponseCode.OK) {
      this.#dueNs = nowNs + this.#refusedBackoff.next();
      this.#answerBackoff.reset();
      return;
    }
    const fault = findAnswerFault(answer, { correlationId, streamId: this.streamId });
    if (fault !== null || leaseId === null || epoch === null) throw new Error(fault ?? "no lease or epoch");
    const durationNs = Number(leaseExpiryTimestampNs) - nowNs;
    if (durationNs <= 0) {
      this.#abandoned = { clientId: this.clientId, leaseId };
      this.#dueNs = nowNs;
      return;
    }
    this.leaseId = leaseId;
    this.epoch = epoch;
    this.keepaliveSentNs = null;
    this.#abandoned = null;
    this.#answerBackoff.reset();
    this.#refusedBackoff.reset();
    this.#validity.begin(nowNs, durationNs, CADENCE_NS);
  }

  #keepAlive(leaseId: bigint, nowNs: number, isLate: boolean): void {
    let fault = this.#validity.fault(nowNs);
    if (isLate && fault === "driver-silent") {
      this.#validity.announceHeard(nowNs);
      fault = null;
    }
    if (fault !== null) {
      this.#lose(nowNs, false);
    } else if (this.#validity.keepaliveDue(nowNs)) {
      const words = { leaseHigh: Number(leaseId >> 32n), leaseLow: Number(leaseId & 0xffff_ffffn) };
      this.#options.toDriver.send(
        { kind: "keepalive", ...this.#identity(this.clientId), ...words, sentNs: nowNs },
        nowNs,
      );
      this.#validity.keepaliveSent(nowNs);
      this.keepaliveSentNs = nowNs;
    }
  }

  /** Another request: what it has given up is given back first, and its id is another one where it may choose. */
  #begin(nowNs: number): void {
    if (this.#abandoned !== null) this.#sendDetach(this.#abandoned.clientId, this.#abandoned.leaseId, nowNs);
    this.#abandoned = null;
    this.clientId = this.#options.fixedClientId ?? this.#draw();
    this.#correlationId += 1n;
    this.#isRequested = true;
  }

  #request(nowNs: number): void {
    const request = {
      ...this.#identity(this.clientId),
      schemaVersion: 1,
      sessionId: this.index,
      correlationId: this.#correlationId,
      expectedLayoutVersion: 1,
      maxDims: 8,
      publishMode: this.role === "producer" ? PublishMode.EXISTING_OR_CREATE : PublishMode.REQUIRE_EXISTING,
      requireHugepages: false,
    };
    this.#options.toDriver.send({ kind: "attach", request }, nowNs);
    this.#dueNs = nowNs + this.#answerBackoff.next();
  }

  #lose(nowNs: number, isKnownToDriver: boolean): void {
    if (!isKnownToDriver && this.leaseId !== null) {
      this.#abandoned = { clientId: this.clientId, leaseId: this.leaseId };
    }
    this.leaseId = null;
    this.#dueNs = nowNs;
  }

  #sendDetach(clientId: number, leaseId: bigint, nowNs: number): void {
    this.#options.toDriver.send({ kind: "detach", ...this.#identity(clientId), leaseId }, nowNs);
  }

  #identity(clientId: number): Identity {
    return { streamId: this.streamId, clientId, role: this.role };
  }

  #draw(): number {
    return 1 + Math.floor(this.#options.random() * 0xffff_fffd);
  }
}
