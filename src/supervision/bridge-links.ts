import type { CounterRecord } from "../aeron/counters-reader.ts";
import type { BridgeFact, ClientRole, FarReaderFact } from "./model/index.ts";

// Aeron counters that mark a consumer as sending to another host, or a producer as receiving from one, in addition to the counters of both
// roles. Type ids never change their meaning.

/** 1 while the other side is connected. Key: stream id, client id, role, and the other side's address. */
export const LINK_TYPE_ID = 10600;
/** Frames that a reader of the other host's stream accepted and lost. Key: stream id, client id, far stream id, far consumer id. */
export const FAR_ACCEPTED_TYPE_ID = 10601;
export const FAR_LOST_TYPE_ID = 10602;

const KEY = { streamId: 0, clientId: 4, role: 8, peerLength: 9, peer: 10, farStreamId: 8, farConsumerId: 12 } as const;
const KEY_BYTES = 112;
const MAX_PEER_BYTES = KEY_BYTES - KEY.peer;
const CONSUMER_ROLE = 1;
const PRODUCER_ROLE = 2;
/** Most readers that are reported for one link. */
const MAX_READERS = 64;
const MAX_COUNT = BigInt(Number.MAX_SAFE_INTEGER);

export function linkKey(role: ClientRole, streamId: number, clientId: number, peer: string): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  const view = new DataView(key.buffer);
  view.setUint32(KEY.streamId, streamId, true);
  view.setUint32(KEY.clientId, clientId, true);
  view.setUint8(KEY.role, role === "consumer" ? CONSUMER_ROLE : PRODUCER_ROLE);
  const text = new TextEncoder().encode(peer).subarray(0, MAX_PEER_BYTES);
  view.setUint8(KEY.peerLength, text.length);
  key.set(text, KEY.peer);
  return key;
}

export function farReaderKey(
  streamId: number,
  clientId: number,
  farStreamId: number,
  farConsumerId: number,
): Uint8Array {
  const key = new Uint8Array(KEY.farConsumerId + 4);
  const view = new DataView(key.buffer);
  view.setUint32(KEY.streamId, streamId, true);
  view.setUint32(KEY.clientId, clientId, true);
  view.setUint32(KEY.farStreamId, farStreamId, true);
  view.setUint32(KEY.farConsumerId, farConsumerId, true);
  return key;
}

/** The bridges among the producers and consumers of a media driver. */
export class BridgeLinks {
  readonly #links = new Map<string, CounterRecord>();
  readonly #readers = new Map<string, Map<string, FarReaderFact>>();

  constructor(records: readonly CounterRecord[]) {
    for (const record of records) {
      if (record.typeId === LINK_TYPE_ID) this.#links.set(ownerKey(record, roleOf(record)), record);
    }
    for (const record of records) {
      if (record.typeId === FAR_ACCEPTED_TYPE_ID || record.typeId === FAR_LOST_TYPE_ID) this.#addReader(record);
    }
  }

  /** True for the counters that this class reads. */
  static isWanted(typeId: number): boolean {
    return typeId === LINK_TYPE_ID || typeId === FAR_ACCEPTED_TYPE_ID || typeId === FAR_LOST_TYPE_ID;
  }

  /** The bridge of one role of an Aeron client; null if the role is not part of a bridge. */
  find(ownerId: bigint, role: ClientRole, streamId: number, clientId: number): BridgeFact | null {
    const key = `${ownerId}/${streamId}/${clientId}`;
    const link = this.#links.get(`${key}/${role}`);
    if (link === undefined) return null;
    return {
      peer: peerOf(link.key),
      isConnected: link.value === 1n,
      readers: [...(this.#readers.get(key)?.values() ?? [])],
    };
  }

  #addReader({ typeId, key, value, ownerId }: CounterRecord): void {
    const owner = `${ownerId}/${key.getUint32(KEY.streamId, true)}/${key.getUint32(KEY.clientId, true)}`;
    const readers = this.#readers.get(owner) ?? new Map<string, FarReaderFact>();
    this.#readers.set(owner, readers);
    const [streamId, consumerId] = [key.getUint32(KEY.farStreamId, true), key.getUint32(KEY.farConsumerId, true)];
    const id = `${streamId}/${consumerId}`;
    const known = readers.get(id) ?? { streamId, consumerId, accepted: 0, lost: 0 };
    if (readers.size >= MAX_READERS && !readers.has(id)) return;
    // Any process may store any value in a counter.
    const count = value >= 0n && value <= MAX_COUNT ? Number(value) : 0;
    readers.set(id, typeId === FAR_LOST_TYPE_ID ? { ...known, lost: count } : { ...known, accepted: count });
  }
}

function roleOf({ key }: CounterRecord): ClientRole {
  return key.getUint8(KEY.role) === PRODUCER_ROLE ? "producer" : "consumer";
}

function ownerKey({ key, ownerId }: CounterRecord, role: ClientRole): string {
  return `${ownerId}/${key.getUint32(KEY.streamId, true)}/${key.getUint32(KEY.clientId, true)}/${role}`;
}

/** Any process may write any bytes to the key. */
function peerOf(key: DataView): string {
  const length = Math.min(key.getUint8(KEY.peerLength), MAX_PEER_BYTES, key.byteLength - KEY.peer);
  const text = new TextDecoder().decode(new Uint8Array(key.buffer, key.byteOffset + KEY.peer, Math.max(0, length)));
  return text.replace(/[^\x20-\x7e]/g, "?");
}
