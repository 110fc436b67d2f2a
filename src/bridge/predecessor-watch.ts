import { closeClient } from "../../ffi/driver-commands.ts";
import { type AeronClient, AeronClients } from "../aeron/clients.ts";
import { type CounterRecord, CountersReader } from "../aeron/counters-reader.ts";
import type { Agent } from "../core/agent.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { processExists } from "../core/process-exists.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../core/wait-point.ts";
import { BRIDGE_STREAM_ID } from "./channels.ts";

const log = getLogger("bridge");

const LOOK_NS = 0.25e9;
/** The time for which a media driver with Aeron's settings keeps a dead client, plus a margin. */
const WATCH_NS = 12e9;
/** Clients send two heartbeats per second. */
const SILENT_MS = 1200;
const NAMELESS_SILENT_MS = 4000;
/** Aeron's counter of a subscriber's position in one session; its key contains the stream id. */
const SUBSCRIBER_POSITION = 4;
const KEY_STREAM_ID = 12;

/**
 * When a bridge receiver starts, makes the media driver drop killed predecessors. Until then (10 s) their positions hold the window of
 * every sender that had sent to them. A client is dropped only if its heartbeat has stopped and its process, if known, is gone.
 */
export class PredecessorWatch implements Agent {
  readonly roleName = "predecessors of the bridge receiver";
  readonly #aeronDir: string;
  readonly #timer = new PeriodicTimer(LOOK_NS, { immediate: true });
  readonly #closed = new Set<bigint>();
  #endNs = -1;

  constructor(aeronDir: string) {
    this.#aeronDir = aeronDir;
  }

  doWork(nowNs: number): number {
    if (this.#endNs === -1) this.#endNs = nowNs + WATCH_NS;
    if (nowNs > this.#endNs || !this.#timer.isDue(nowNs)) return 0;
    try {
      return this.#look();
    } catch (error) {
      // The next check, or the driver's own timeout, does it.
      log.debug(`the counters of the media driver cannot be read now: ${messageOf(error)}`);
      return 0;
    }
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  /** @throws CountersError, NodeJS.ErrnoException, SystemError */
  #look(): number {
    using reader = CountersReader.open(this.#aeronDir);
    const records = reader.snapshot((typeId) => typeId === SUBSCRIBER_POSITION || AeronClients.isWanted(typeId));
    const clients = new AeronClients(records);
    let work = 0;
    for (const record of records) {
      const client = isOfBridge(record) ? clients.find(record.ownerId) : null;
      if (client === null || this.#closed.has(client.id) || !isDead(client)) continue;
      if (!closeClient(this.#aeronDir, client.id)) continue;
      this.#closed.add(client.id);
      const name = client.name === "" ? "a receiver" : client.name;
      log.info(`${name} was killed: the media driver gives it up now, so that senders do not wait for it`);
      work++;
    }
    return work;
  }
}

function isOfBridge({ typeId, key }: CounterRecord): boolean {
  return typeId === SUBSCRIBER_POSITION && key.getInt32(KEY_STREAM_ID, true) === BRIDGE_STREAM_ID;
}

function isDead({ name, pid, aliveMs }: AeronClient): boolean {
  const silentMs = Date.now() - aliveMs;
  // A client that was killed in its first half second has not set its name.
  if (name === "") return silentMs > NAMELESS_SILENT_MS;
  return pid !== null && silentMs > SILENT_MS && !processExists(pid);
}
