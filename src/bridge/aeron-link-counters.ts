import { type CounterRecord, CountersError } from "../aeron/counters-reader.ts";
import type { Messaging } from "../aeron/ports.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { HOST_PORTS, type RolePorts } from "../roles/host-ports.ts";
import type { CounterSource } from "../roles/ports.ts";

const log = getLogger("bridge").every(60e9);
const PERIOD_NS = 1e9;

/** Type ids of Aeron's own counters, and the field offsets in their keys. */
const SYSTEM = 0;
const SENDER_BACK_PRESSURE = 13;
const SENDER_NAKS = 19;
const RECEIVER_NAKS = 20;
const RETRANSMITS_SENT = 11;
const STREAM_KEY = { sessionId: 8, streamId: 12 } as const;

/** Reads the media driver's counters once a second; unreadable ones count as unknown. */
export class AeronLinkCounters {
  readonly #connection: Messaging;
  readonly #open: RolePorts["openCounters"];
  readonly #timer = new PeriodicTimer(PERIOD_NS, { immediate: true });
  #source: CounterSource | null = null;
  #losses = -1;

  constructor(connection: Messaging, open: RolePorts["openCounters"] = HOST_PORTS.openCounters) {
    this.#connection = connection;
    this.#open = open;
  }

  /** The wanted counters, once a second; null in between, and if they cannot be read. */
  readIfDue(nowNs: number, isWanted: (typeId: number) => boolean): readonly CounterRecord[] | null {
    if (!this.#timer.isDue(nowNs)) return null;
    const { aeronDir, losses, isConnected } = this.#connection;
    // Another media driver has a different file under the same name.
    if (losses !== this.#losses || !isConnected) this.close();
    this.#losses = losses;
    if (!isConnected) return null;
    try {
      this.#source ??= this.#open(aeronDir);
      return this.#source.snapshot(isWanted);
    } catch (error) {
      if (!(error instanceof CountersError)) throw error;
      log.warn(`NAKs, retransmits and readers of a bridge are not known: ${error.message}`);
      return null;
    }
  }

  close(): void {
    this.#source?.close();
    this.#source = null;
  }
}

/** Counters of one publication's link. */
export interface SendingCounters {
  naks: number;
  windowFull: number;
  /** Over all publications of the media driver. */
  retransmits: number;
}

export function isSendingCounter(typeId: number): boolean {
  return typeId === SYSTEM || typeId === SENDER_BACK_PRESSURE || typeId === SENDER_NAKS;
}

export function sendingCounters(records: readonly CounterRecord[], sessionId: number | null): SendingCounters {
  const counters = { naks: 0, windowFull: 0, retransmits: 0 };
  for (const { typeId, key, value } of records) {
    if (typeId === SYSTEM) {
      if (key.getInt32(0, true) === RETRANSMITS_SENT) counters.retransmits = countOf(value);
    } else if (key.getInt32(STREAM_KEY.sessionId, true) === sessionId) {
      if (typeId === SENDER_NAKS) counters.naks = countOf(value);
      else if (typeId === SENDER_BACK_PRESSURE) counters.windowFull = countOf(value);
    }
  }
  return counters;
}

export function isReceivingCounter(typeId: number): boolean {
  return typeId === RECEIVER_NAKS;
}

/** NAKs sent for an Aeron stream, over all its sessions. */
export function receivedNaks(records: readonly CounterRecord[], aeronStreamId: number): number {
  let naks = 0;
  for (const { typeId, key, value } of records) {
    if (typeId === RECEIVER_NAKS && key.getInt32(STREAM_KEY.streamId, true) === aeronStreamId) naks += countOf(value);
  }
  return naks;
}

/** Any process may store any value in a counter. */
function countOf(value: bigint): number {
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : 0;
}
