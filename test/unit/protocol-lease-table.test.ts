import { describe, expect, test } from "bun:test";
import {
  KeepaliveResult,
  type Lease,
  type LeaseRole,
  LeaseTable,
  leaseRoleOfCode,
} from "../../src/protocol/lease-table.ts";
import { LeaseRevokeReason, Role } from "../../src/sbe/generated/driver/index.ts";

const DURATION_NS = 3e9;
const { DETACHED, EXPIRED, REVOKED } = LeaseRevokeReason;

interface Ended {
  readonly leaseId: bigint;
  readonly reason: LeaseRevokeReason;
  readonly nowNs: number;
}

function tableWith(drawn: bigint, onEnded?: (lease: Lease) => void) {
  const ended: Ended[] = [];
  const table = new LeaseTable({
    durationNs: DURATION_NS,
    drawId: () => drawn,
    onEnded: (lease, reason, nowNs) => {
      ended.push({ leaseId: lease.leaseId, reason, nowNs });
      onEnded?.(lease);
    },
  });
  return { table, ended };
}

function request(clientId: number, role: LeaseRole = "consumer", streamId = 1) {
  return { streamId, clientId, role, sessionId: 9, correlationId: BigInt(clientId) };
}

function keepAlive(table: LeaseTable, lease: Lease, nowNs: number, changes: Partial<Lease> = {}): KeepaliveResult {
  const { leaseHigh, leaseLow, streamId, clientId, role } = { ...lease, ...changes };
  return table.keepAlive(leaseHigh, leaseLow, streamId, clientId, role, nowNs);
}

describe("leases given", () => {
  test("D-10: ids count up from a random one, also across the words they are sent in, and none is given twice", () => {
    const { table } = tableWith(0x3_ffff_fffcn);
    const leases = [1, 2, 3, 4, 5].map((clientId) => table.grant(request(clientId), 0));
    expect(leases.map(({ leaseId }) => leaseId)).toEqual([
      0x3_ffff_fffdn,
      0x3_ffff_fffen,
      0x3_ffff_ffffn,
      0x4_0000_0000n,
      0x4_0000_0001n,
    ]);
    for (const lease of leases) {
      expect(BigInt(lease.leaseHigh) * 2n ** 32n + BigInt(lease.leaseLow)).toBe(lease.leaseId);
      expect(table.find(lease.leaseId)).toBe(lease);
      expect(keepAlive(table, lease, 1)).toBe(KeepaliveResult.VALID);
    }
    table.revoke(0x4_0000_0001n, 2);
    expect(table.grant(request(5), 3).leaseId).toBe(0x4_0000_0002n);
  });

  test("D-10: whatever was drawn, an id is neither 0 nor near the null value", () => {
    expect(tableWith(0n).table.grant(request(1), 0).leaseId).toBe(1n);
    expect(tableWith(2n ** 64n - 1n).table.grant(request(1), 0).leaseId).toBe(2n ** 62n);
  });

  test("D-03, D-10: the table itself refuses a second producer and a second lease of a client, and changes nothing", () => {
    const { table } = tableWith(0n);
    const lease = table.grant(request(1, "producer"), 0);
    expect(() => table.grant(request(2, "producer"), 0)).toThrow("stream 1: expected no producer, found client 1");
    expect(() => table.grant(request(1, "consumer", 2), 0)).toThrow("client 1: expected no lease, found 1 of");
    expect([...table.leases()]).toEqual([lease]);
    expect([...table.leasesOf(2)]).toEqual([]);
    expect(table.grant(request(2, "producer", 2), 0).leaseId).toBe(2n);
  });

  test("D-11: a lease is found by id, client and stream, and says who has it since when", () => {
    const { table } = tableWith(0n);
    const producer = table.grant(request(1, "producer"), 5);
    const consumer = table.grant(request(2), 6);
    table.grant(request(3, "consumer", 7), 7);
    expect(producer).toEqual({
      ...request(1, "producer"),
      leaseId: 1n,
      leaseHigh: 0,
      leaseLow: 1,
      attachedNs: 5,
      expiresNs: 5 + DURATION_NS,
      state: "attached",
    });
    expect([...table.leasesOf(1)]).toEqual([producer, consumer]);
    expect(table.producerOf(1)).toBe(producer);
    expect(table.producerOf(7)).toBeNull();
    expect(table.leaseOfClient(2)).toBe(consumer);
    expect(table.leaseOfClient(4)).toBeNull();
    expect(table.size).toBe(3);
  });
});

describe("D-11: keepalives", () => {
  test("extend the lease by its duration, and make it active", () => {
    const { table, ended } = tableWith(0n);
    const lease = table.grant(request(1), 0);
    expect(keepAlive(table, lease, 2e9)).toBe(KeepaliveResult.VALID);
    expect(lease).toMatchObject({ state: "active", expiresNs: 5e9 });
    expect(table.expire(5e9 - 1)).toBe(0);
    expect(table.expire(5e9)).toBe(1);
    expect(ended).toEqual([{ leaseId: lease.leaseId, reason: EXPIRED, nowNs: 5e9 }]);
  });

  test("that name another stream, client, role or lease extend nothing, each under its own cause", () => {
    const { table } = tableWith(0x1_0000_0000n);
    const lease = table.grant(request(1), 0);
    const other = table.grant(request(2), 0);
    table.detach(other.leaseId, 1, 2, "consumer", 0);
    expect(keepAlive(table, lease, 1, { streamId: 2 })).toBe(KeepaliveResult.OTHER_STREAM);
    expect(keepAlive(table, lease, 1, { clientId: 2 })).toBe(KeepaliveResult.OTHER_CLIENT);
    expect(keepAlive(table, lease, 1, { role: "producer" })).toBe(KeepaliveResult.OTHER_ROLE);
    expect(keepAlive(table, other, 1)).toBe(KeepaliveResult.ENDED);
    for (const [leaseHigh, leaseLow] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 3],
      [2, 1],
      [0xffff_ffff, 0xffff_ffff],
    ] as const) {
      expect(keepAlive(table, lease, 1, { leaseHigh, leaseLow })).toBe(KeepaliveResult.UNKNOWN);
    }
    expect(lease).toMatchObject({ state: "attached", expiresNs: DURATION_NS });
  });

  test("at the deadline are too late, although the end was not told yet", () => {
    const { table, ended } = tableWith(0n);
    const lease = table.grant(request(1), 0);
    expect(keepAlive(table, lease, DURATION_NS)).toBe(KeepaliveResult.LATE);
    expect(ended).toEqual([]);
    expect(table.expire(DURATION_NS)).toBe(1);
  });

  test("D-06: a repeated request counts as one, and never shortens a lease", () => {
    const { table } = tableWith(0n);
    const lease = table.grant(request(1), 0);
    table.regrant(lease.leaseId, 1e9);
    expect(lease).toMatchObject({ state: "attached", expiresNs: 4e9 });
    table.regrant(lease.leaseId, 0);
    expect(lease.expiresNs).toBe(4e9);
    table.regrant(99n, 0);
    expect(table.size).toBe(1);
  });

  test("need not have come while the driver itself was paused", () => {
    const { table } = tableWith(0n);
    const lease = table.grant(request(1), 0);
    table.extendAll(10e9);
    expect(table.expire(12e9)).toBe(0);
    expect(keepAlive(table, lease, 12e9)).toBe(KeepaliveResult.VALID);
    expect(table.expire(15e9 - 1)).toBe(0);
    expect(table.expire(15e9)).toBe(1);
  });
});

describe("ends of leases", () => {
  test("D-12, D-16: a detach that names lease, stream, client and role ends it once; every other ends nothing", () => {
    const { table, ended } = tableWith(0n);
    const { leaseId } = table.grant(request(1, "producer"), 0);
    expect(table.detach(leaseId + 1n, 1, 1, "producer", 1)).toBe(false);
    expect(table.detach(leaseId, 2, 1, "producer", 1)).toBe(false);
    expect(table.detach(leaseId, 1, 2, "producer", 1)).toBe(false);
    expect(table.detach(leaseId, 1, 1, "consumer", 1)).toBe(false);
    expect(ended).toEqual([]);
    expect(table.detach(leaseId, 1, 1, "producer", 2)).toBe(true);
    expect(table.detach(leaseId, 1, 1, "producer", 3)).toBe(false);
    expect(table.revoke(leaseId, 3)).toBe(false);
    expect(table.expire(1e12)).toBe(0);
    expect(ended).toEqual([{ leaseId, reason: DETACHED, nowNs: 2 }]);
    expect(table.producerOf(1)).toBeNull();
    expect(table.leaseOfClient(1)).toBeNull();
    expect(table.size).toBe(0);
  });

  test("D-12: a lease is revoked by its id alone, once", () => {
    const { table, ended } = tableWith(0n);
    const { leaseId } = table.grant(request(1), 0);
    const other = table.grant(request(2), 0);
    expect(table.revoke(leaseId + 7n, 1)).toBe(false);
    expect(table.revoke(leaseId, 1)).toBe(true);
    expect(table.revoke(leaseId, 1)).toBe(false);
    expect(ended).toEqual([{ leaseId, reason: REVOKED, nowNs: 1 }]);
    expect([...table.leases()]).toEqual([other]);
  });

  test("D-12: those that expired meanwhile are reported in the order of their deadlines", () => {
    const { table, ended } = tableWith(0n);
    const leases = [1, 2, 3].map((clientId) => table.grant(request(clientId), clientId));
    keepAlive(table, leases[0] as Lease, 2e9);
    expect(table.expire(4e9)).toBe(2);
    expect(table.expire(6e9)).toBe(1);
    expect(ended.map(({ leaseId }) => leaseId)).toEqual([2n, 3n, 1n]);
  });

  test("D-12: a listener may give and end leases; each end is reported once all the same", () => {
    const { table, ended } = tableWith(0n, (lease) => {
      if (lease.role !== "producer") return;
      table.revoke(2n, DURATION_NS);
      table.grant(request(4, "producer"), DURATION_NS);
    });
    table.grant(request(1, "producer"), 0);
    table.grant(request(2), 0);
    table.grant(request(3), 0);
    expect(table.expire(DURATION_NS)).toBe(2);
    expect(ended.map(({ leaseId, reason }) => [leaseId, reason])).toEqual([
      [1n, EXPIRED],
      [2n, REVOKED],
      [3n, EXPIRED],
    ]);
    expect(table.producerOf(1)?.clientId).toBe(4);
    expect(table.expire(2 * DURATION_NS - 1)).toBe(0);
  });

  test("D-12: an error of the listener loses no other end: the next cycle tells it", () => {
    let throws = true;
    const { table, ended } = tableWith(0n, () => {
      if (throws) throw new Error("full");
    });
    table.grant(request(1), 0);
    table.grant(request(2), 0);
    expect(() => table.expire(DURATION_NS)).toThrow("full");
    throws = false;
    expect(table.expire(DURATION_NS)).toBe(1);
    expect(ended.map(({ leaseId }) => leaseId)).toEqual([1n, 2n]);
  });

  test("the leases of other streams and clients stay as they are", () => {
    const { table } = tableWith(0n);
    const first = table.grant(request(1, "producer"), 0);
    const second = table.grant(request(2, "producer", 2), 1);
    expect(table.expire(DURATION_NS)).toBe(1);
    expect(table.find(first.leaseId)).toBeNull();
    expect(table.producerOf(2)).toBe(second);
  });
});

test("a duration that makes no sense is refused", () => {
  for (const durationNs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => new LeaseTable({ durationNs, drawId: () => 0n, onEnded: () => undefined })).toThrow(
      `expected a lease duration above 0 ns, found ${durationNs}`,
    );
  }
});

test("roles have the codes of the wire, and no other code has a role", () => {
  expect([Role.PRODUCER, Role.CONSUMER, 0, 3, 255].map(leaseRoleOfCode)).toEqual([
    "producer",
    "consumer",
    null,
    null,
    null,
  ]);
});
