import type { CounterRecord } from "./counters-reader.ts";

/** Aeron counter types that identify clients and their resources. */
const CLIENT_HEARTBEAT = 11;
const PUBLISHER_LIMIT = 1;
/** Keys of positions: registration id, session id, stream id. */
const POSITION_KEY = { sessionId: 8, streamId: 12 } as const;

/** A client of the media driver. */
export interface AeronClient {
  readonly id: bigint;
  /** The client's own name, e.g. `tensorpool producer 1234`; "" until it has set one. */
  readonly name: string;
  /** The pid in its name, in its own pid namespace; null for other clients. */
  readonly pid: number | null;
  /** Its last heartbeat, in milliseconds of the wall clock: clients send two per second. */
  readonly aliveMs: number;
}

/** The clients of a media driver and the publications that they own, according to the driver's counters. */
export class AeronClients {
  readonly #clients = new Map<bigint, AeronClient>();
  readonly #owners = new Map<string, bigint>();

  constructor(records: readonly CounterRecord[]) {
    for (const record of records) {
      if (record.typeId === CLIENT_HEARTBEAT) {
        const client = clientOf(record);
        this.#clients.set(client.id, client);
      } else if (record.typeId === PUBLISHER_LIMIT) {
        const { sessionId, streamId } = POSITION_KEY;
        const key = publicationKey(record.key.getInt32(sessionId, true), record.key.getInt32(streamId, true));
        this.#owners.set(key, record.ownerId);
      }
    }
  }

  /** True for the counters that this class reads. */
  static isWanted(typeId: number): boolean {
    return typeId === CLIENT_HEARTBEAT || typeId === PUBLISHER_LIMIT;
  }

  /** The client with this id, e.g. the owner of a counter. */
  find(clientId: bigint): AeronClient | null {
    return this.#clients.get(clientId) ?? null;
  }

  /** The client that publishes with this session on this Aeron stream. */
  ofSession(sessionId: number, aeronStreamId: number): AeronClient | null {
    const owner = this.#owners.get(publicationKey(sessionId, aeronStreamId));
    return owner === undefined ? null : this.find(owner);
  }
}

function publicationKey(sessionId: number, aeronStreamId: number): string {
  return `${aeronStreamId}/${sessionId}`;
}

/** Label: `client-heartbeat: id=1 name=tensorpool producer 1234 version=1.54.0 commit=...`. */
function clientOf({ registrationId, label, value }: CounterRecord): AeronClient {
  const name = / name=(.*?)(?: version=.*)?$/s.exec(label)?.[1] ?? "";
  const pid = /^tensorpool .* (\d+)$/.exec(name)?.[1];
  return { id: registrationId, name, pid: pid === undefined ? null : Number(pid), aliveMs: Number(value) };
}
