import type { CounterRecord } from "../../src/aeron/counters-reader.ts";
import type { CounterSet } from "../../src/core/counters.ts";
import { LEASE_COUNTER_TYPE_ID, LEASE_KEY } from "../../src/roles/driver/driver-counters.ts";

const CLIENT_HEARTBEAT = 11;
const PUBLISHER_LIMIT = 1;
const KEY_BYTES = 112;

let nextId = 0;

function record(
  typeId: number,
  label: string,
  value: bigint,
  ownerId: bigint,
  write: (key: DataView) => void,
  registrationId = BigInt(nextId),
): CounterRecord {
  const key = new DataView(new ArrayBuffer(KEY_BYTES));
  write(key);
  return { id: nextId++, typeId, key, label, value, registrationId, ownerId };
}

/** The counters of a role, a stream or a driver, as `CounterExport` makes them. */
export function counterRecords(
  set: CounterSet<string>,
  values: Readonly<Record<string, number>>,
  ids: { streamId: number; clientId?: number; ownerId: bigint; remark?: string },
): CounterRecord[] {
  const { streamId, clientId = 0, ownerId, remark = "" } = ids;
  return set.list.map(({ name, typeId = 0 }) =>
    record(
      typeId,
      `tensorpool role ${streamId} ${name} ${remark}`.trimEnd(),
      BigInt(values[name] ?? 0),
      ownerId,
      (key) => {
        key.setUint32(0, streamId, true);
        key.setUint32(4, clientId, true);
      },
    ),
  );
}

/** A client of the media driver that has shown at this time that it lives. */
export function clientRecord(id: bigint, name: string, aliveMs: number): CounterRecord {
  const label = `client-heartbeat: id=${id} name=${name} version=1.54.0 commit=x`;
  return record(CLIENT_HEARTBEAT, label, BigInt(aliveMs), id, () => undefined, id);
}

/** A publication of a client. */
export function publicationRecord(ownerId: bigint, sessionId: number, aeronStreamId: number): CounterRecord {
  return record(PUBLISHER_LIMIT, "pub-lmt", 0n, ownerId, (key) => {
    key.setInt32(8, sessionId, true);
    key.setInt32(12, aeronStreamId, true);
  });
}

/** A lease, as its driver tells of it. */
export function leaseRecord(
  ownerId: bigint,
  lease: {
    leaseId: bigint;
    streamId: number;
    clientId: number;
    role: 1 | 2;
    sessionId: number;
    attachedNs: bigint;
    expiresNs: bigint;
  },
): CounterRecord {
  return record(LEASE_COUNTER_TYPE_ID, "tensorpool lease", lease.expiresNs, ownerId, (key) => {
    key.setBigUint64(LEASE_KEY.leaseId, lease.leaseId, true);
    key.setUint32(LEASE_KEY.streamId, lease.streamId, true);
    key.setUint32(LEASE_KEY.clientId, lease.clientId, true);
    key.setInt32(LEASE_KEY.role, lease.role, true);
    key.setInt32(LEASE_KEY.sessionId, lease.sessionId, true);
    key.setBigUint64(LEASE_KEY.attachedNs, lease.attachedNs, true);
  });
}
