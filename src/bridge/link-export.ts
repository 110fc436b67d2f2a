import type { Messaging, SharedCounter } from "../aeron/ports.ts";
import {
  FAR_ACCEPTED_TYPE_ID,
  FAR_LOST_TYPE_ID,
  farReaderKey,
  LINK_TYPE_ID,
  linkKey,
} from "../supervision/bridge-links.ts";
import type { ClientRole } from "../supervision/model/index.ts";
import { type FarReader, lostBy } from "./far-account.ts";

/** Most readers with their own counters. */
const MAX_READERS = 16;
/** Most counters created per report: ids of Aeron counters stay reserved for a minute after use. */
const MAX_NEW_READERS = 4;

interface ReaderCounters {
  readonly accepted: SharedCounter;
  readonly lost: SharedCounter;
}

/** Exports to Aeron counters that a role is one side of a bridge: the other side's address, the link's state, and its readers. */
export class LinkExport {
  readonly #connection: Messaging;
  readonly #role: ClientRole;
  readonly #streamId: number;
  #clientId = 0;
  #peer = "";
  #link: SharedCounter | null = null;
  readonly #readers = new Map<string, ReaderCounters>();

  constructor(connection: Messaging, role: ClientRole, streamId: number) {
    this.#connection = connection;
    this.#role = role;
    this.#streamId = streamId;
  }

  /** A role with another client id (another lease) has other counters. */
  show(clientId: number, peer: string, isConnected: boolean): void {
    if (clientId !== this.#clientId || peer !== this.#peer) {
      this.close();
      this.#clientId = clientId;
      this.#peer = peer;
    }
    this.#link ??= this.#connection.addCounter(
      LINK_TYPE_ID,
      linkKey(this.#role, this.#streamId, clientId, peer),
      `tensorpool ${this.#role} ${this.#streamId} bridge ${this.#role === "consumer" ? "to" : "from"} ${peer}`,
    );
    this.#link.set(isConnected ? 1 : 0);
  }

  showReaders(farStreamId: number, readers: readonly FarReader[]): void {
    const shown = readers.slice(0, MAX_READERS);
    const ids = new Set(shown.map(({ consumerId }) => `${farStreamId}/${consumerId}`));
    for (const [id, counters] of this.#readers) if (!ids.has(id)) this.#remove(id, counters);
    let made = 0;
    for (const reader of shown) {
      const id = `${farStreamId}/${reader.consumerId}`;
      let counters = this.#readers.get(id);
      if (counters === undefined) {
        if (++made > MAX_NEW_READERS) continue;
        counters = this.#newReader(farStreamId, reader.consumerId);
        this.#readers.set(id, counters);
      }
      counters.accepted.set(reader.accepted);
      counters.lost.set(lostBy(reader));
    }
  }

  close(): void {
    if (this.#link !== null) this.#connection.remove(this.#link);
    this.#link = null;
    for (const [id, counters] of this.#readers) this.#remove(id, counters);
  }

  #newReader(farStreamId: number, consumerId: number): ReaderCounters {
    const key = farReaderKey(this.#streamId, this.#clientId, farStreamId, consumerId);
    const label = `tensorpool far consumer ${consumerId} of stream ${farStreamId} behind ${this.#streamId}`;
    return {
      accepted: this.#connection.addCounter(FAR_ACCEPTED_TYPE_ID, key, `${label} accepted`),
      lost: this.#connection.addCounter(FAR_LOST_TYPE_ID, key, `${label} lost`),
    };
  }

  #remove(id: string, { accepted, lost }: ReaderCounters): void {
    this.#connection.remove(accepted);
    this.#connection.remove(lost);
    this.#readers.delete(id);
  }
}
