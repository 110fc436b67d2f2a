import type { AeronConnection } from "../../aeron/connection.ts";
import type { Inbound } from "../../aeron/ports.ts";
import type { Agent } from "../../core/agent.ts";
import { NotFoundError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../../core/wait-point.ts";
import { type KnownStream, KnownStreams } from "../../observe/known-streams.ts";
import type { AeronStreams } from "../../protocol/stream-ids.ts";
import { subscribeControl } from "../../roles/hearing.ts";
import { describeStreams } from "../observe/find-stream.ts";

/** A role that may have to wait before it can work. */
export interface AwaitingRole {
  readonly kind: "producer" | "consumer";
  readonly streamId: number;
  /** True: it needs a lease of a driver. False: it needs a producer that announces the stream. */
  readonly needsDriver: boolean;
  /** True while the role has what it needs. */
  isReady(): boolean;
  /** The reason why the role does not get it, if known. */
  refusal(): string | null;
}

const CHECK_PERIOD_NS = 100e6;
/** Shorter waits are part of every start and are not reported. */
const FIRST_REPORT_NS = 2e9;
const REPORT_PERIOD_NS = 10e9;
const LONGEST_REPORT_PERIOD_NS = 60e9;
/** Announces arrive once a second. */
const HEAR_AFTER_NS = 0.5e9;
const FRAGMENTS_PER_POLL = 64;
const NOT_WAITING = -1;

/**
 * Logs what a role waits for, with the existing streams and the next step: after two seconds, and then at growing intervals. Listens for
 * announces only while the role waits.
 */
export class WaitReporter implements Agent {
  readonly roleName = "wait reporter";
  readonly #connection: AeronConnection;
  readonly #streams: AeronStreams;
  readonly #role: AwaitingRole;
  readonly #timeoutNs: number;
  readonly #check = new PeriodicTimer(CHECK_PERIOD_NS);
  #known = new KnownStreams();
  #subscriptions: readonly Inbound[] = [];
  #sinceNs = NOT_WAITING;
  #dueNs = 0;
  #periodNs = REPORT_PERIOD_NS;
  #hasBeenReady = false;

  /** `timeoutNs`: longest first wait for a producer; the attachment limits the wait for a driver. */
  constructor(connection: AeronConnection, streams: AeronStreams, role: AwaitingRole, timeoutNs: number) {
    this.#connection = connection;
    this.#streams = streams;
    this.#role = role;
    this.#timeoutNs = timeoutNs;
  }

  /** @throws NotFoundError once, if no producer announced the stream in time */
  doWork(nowNs: number): number {
    if (!this.#check.isDue(nowNs)) return 0;
    if (this.#role.isReady()) {
      this.#hasBeenReady = true;
      this.#sinceNs = NOT_WAITING;
      this.#release();
      return 0;
    }
    if (this.#sinceNs === NOT_WAITING) this.#begin(nowNs);
    this.#listen(nowNs);
    if (!this.#role.needsDriver && !this.#hasBeenReady && nowNs - this.#sinceNs >= this.#timeoutNs) {
      throw new NotFoundError(this.#describe());
    }
    if (nowNs < this.#dueNs) return 0;
    this.#dueNs = nowNs + this.#periodNs;
    this.#periodNs = Math.min(LONGEST_REPORT_PERIOD_NS, this.#periodNs * 2);
    // The connection itself reports a missing media driver.
    if (this.#connection.isConnected) getLogger(this.#role.kind).info(this.#describe());
    // Streams that have ended since then are not listed again.
    this.#known = new KnownStreams();
    return 0;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    this.#release();
  }

  #begin(nowNs: number): void {
    this.#sinceNs = nowNs;
    this.#dueNs = nowNs + FIRST_REPORT_NS;
    this.#periodNs = REPORT_PERIOD_NS;
  }

  #listen(nowNs: number): void {
    if (this.#subscriptions.length === 0 && nowNs - this.#sinceNs >= HEAR_AFTER_NS) {
      const kinds = ["control", "announce", "metadata"] as const;
      this.#subscriptions = subscribeControl(this.#connection, this.#streams, kinds, (view, length) => {
        this.#known.onMessage(view, length);
      });
    }
    for (const subscription of this.#subscriptions) subscription.poll(FRAGMENTS_PER_POLL);
  }

  #release(): void {
    for (const subscription of this.#subscriptions) this.#connection.remove(subscription);
    this.#subscriptions = [];
    this.#known = new KnownStreams();
  }

  #describe(): string {
    return describeWait(this.#role, this.#connection, this.#known.list());
  }
}

/** State, cause and next step of a waiting role. `known`: the streams that were announced meanwhile. */
export function describeWait(
  { kind, streamId, needsDriver, refusal }: AwaitingRole,
  { aeronDir, shortage }: Pick<AeronConnection, "aeronDir" | "shortage">,
  known: readonly KnownStream[],
): string {
  const refused = refusal();
  const isThere = known.some((stream) => stream.streamId === streamId);
  const others = known.filter((stream) => stream.streamId !== streamId);
  const there = others.length === 0 ? "" : `; streams that exist: ${describeStreams(others)}`;
  if (refused !== null) return `${refused}${isThere ? "" : there}; asking again`;
  // A role without a publication or subscription can neither reach an owner nor receive from one.
  if (shortage !== null) {
    return `stream ${streamId}: waiting for room: ${shortage}; \`tensorpool gc\` removes leftovers, \`tensorpool doctor\` shows the room`;
  }
  const waits = `stream ${streamId}: waiting for a ${needsDriver ? "driver" : "producer"}`;
  if (needsDriver && isThere) {
    const way = kind === "consumer" ? "pass --standalone to read from it" : "one stream has one producer";
    return `${waits}: none answers in ${aeronDir}, but a producer without a driver publishes the stream: ${way}`;
  }
  if (needsDriver) {
    return (
      `${waits}: none answers in ${aeronDir}${there}; start \`tensorpool driver --stream ${streamId}\`, ` +
      "or pass --standalone to the producer and its consumers"
    );
  }
  return (
    `${waits}: none announces the stream in ${aeronDir}${there}; ` +
    `start \`tensorpool producer --standalone --stream ${streamId}\`${others.length === 0 ? "" : ", or choose another with --stream"}`
  );
}
