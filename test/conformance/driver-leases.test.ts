import { describe, expect, test } from "bun:test";
import type { JsonFields } from "../../src/sbe/index.ts";
import { TestClient } from "../support/driver-client.ts";
import { DriverRig } from "../support/driver-rig.ts";
import { STREAM_ID } from "../support/shm.ts";
import { settle } from "./wiretap.ts";

const SECOND_NS = 1e9;
const SHAPE = { dtype: "uint8", dims: [16] } as const;

/** Time passes in steps of a tenth of a second, in which everybody works. */
function pass(rig: DriverRig, seconds: number): void {
  for (let tenth = 0; tenth < seconds * 10; tenth++) {
    rig.clock.jump(SECOND_NS / 10);
    rig.step(3);
  }
  settle(rig);
}

function leaseOf(answer: JsonFields, clientId: number, role: "PRODUCER" | "CONSUMER"): JsonFields {
  return { leaseId: answer["leaseId"] as string, streamId: STREAM_ID, clientId, role };
}

describe("the life of a lease", () => {
  test("D-11: keepalives keep a lease, and without them it expires after interval x grace, told once (D-12)", async () => {
    await using rig = new DriverRig({ tellsPauses: false });
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    const lease = leaseOf(client.attach({ clientId: 501 }), 501, "CONSUMER");
    for (let second = 0; second < 6; second++) {
      client.keepAlive(lease);
      pass(rig, 1);
    }
    expect(driver.leaseCount).toBe(1);
    expect(client.revocations).toEqual([]);
    expect(driver.counters.of.keepalives.value).toBe(6);
    pass(rig, 2.5);
    expect(driver.leaseCount).toBe(0);
    expect(client.revocations).toMatchObject([{ ...lease, reason: "EXPIRED" }]);
    pass(rig, 2);
    expect(client.revocations.length).toBe(1);
    // A client that keeps it alive did not receive its end.
    client.keepAlive(lease);
    rig.until(() => client.revocations.length === 2, "the end to be told again");
    expect(client.revocations[1]).toMatchObject({ ...lease, reason: "EXPIRED" });
    expect(driver.counters.of.keepalivesOfEndedLeases.value).toBe(1);
  });

  const wrong: readonly (readonly [what: string, change: JsonFields, counter: string])[] = [
    ["stream", { streamId: 4711 }, "keepalivesMismatched"],
    ["client", { clientId: 999 }, "keepalivesMismatched"],
    ["role", { role: "PRODUCER" }, "keepalivesMismatched"],
    ["lease", { leaseId: "3" }, "keepalivesUnknown"],
  ];
  test.each(wrong)("D-11: a keepalive that names another %s is ignored and counted", async (_what, change, counter) => {
    await using rig = new DriverRig({ tellsPauses: false });
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    const lease = leaseOf(client.attach({ clientId: 501 }), 501, "CONSUMER");
    for (let second = 0; second < 2; second++) {
      client.keepAlive({ ...lease, ...change });
      pass(rig, 1);
    }
    expect(driver.counters.snapshot()).toMatchObject({ keepalives: 0, [counter]: 2 });
    pass(rig, 2);
    expect(client.revocations.at(-1)).toMatchObject({ ...lease, reason: "EXPIRED" });
  });

  test("D-16: a detach ends the lease that it names in full, and is harmless again; any other is rejected", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    const lease = leaseOf(client.attach({ clientId: 501 }), 501, "CONSUMER");
    for (const change of [{ streamId: 1 }, { clientId: 502 }, { role: "PRODUCER" }, { leaseId: "5" }]) {
      expect(client.detach({ ...lease, ...change })["code"]).toBe("REJECTED");
    }
    expect(driver.leaseCount).toBe(1);
    expect(client.detach(lease)).toMatchObject({ code: "OK", errorMessage: "" });
    expect(client.detach(lease)["code"]).toBe("REJECTED");
    expect(client.revocations).toMatchObject([{ ...lease, reason: "DETACHED" }]);
  });

  test("D-12, D-13, D-16: the end of a producer's lease, however it comes, is followed by a higher epoch and its announce", async () => {
    await using rig = new DriverRig({ tellsPauses: false });
    rig.startDriver({ token: "secret" });
    const client = new TestClient(rig);
    const ends: readonly ((lease: JsonFields) => void)[] = [
      (lease) => void client.detach(lease),
      () => pass(rig, 4),
      ({ leaseId }) =>
        client.say("ShmLeaseRevokeRequest", { correlationId: "9", leaseId: leaseId as string, token: "secret" }),
    ];
    for (const [index, end] of ends.entries()) {
      const clientId = 600 + index;
      const answer = client.attach({ clientId, role: "PRODUCER" });
      const epoch = BigInt(answer["epoch"] as string);
      rig.until(() => client.announcedEpochs().at(-1) === epoch, "the announce of the producer's epoch");
      expect(client.tap.of("ShmPoolAnnounce").at(-1)?.["producerId"]).toBe(clientId);
      end(leaseOf(answer, clientId, "PRODUCER"));
      rig.until(() => (client.announcedEpochs().at(-1) ?? 0n) > epoch, "the announce of a higher epoch");
      expect(client.tap.of("ShmPoolAnnounce").at(-1)?.["producerId"]).toBe(0);
    }
    expect(client.revocations.map(({ reason }) => reason)).toEqual(["DETACHED", "EXPIRED", "REVOKED"]);
    const epochs = client.announcedEpochs();
    expect(epochs).toEqual([...epochs].sort((a, b) => (a < b ? -1 : 1)));
  });

  test("D-10: lease ids are not used again, and another driver knows none of them", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    const ids = new Set<string>();
    let last: JsonFields = {};
    for (let round = 0; round < 20; round++) {
      last = leaseOf(client.attach({ clientId: 501 }), 501, "CONSUMER");
      ids.add(last["leaseId"] as string);
      client.detach(last);
    }
    expect(ids.size).toBe(20);
    await rig.remove(driver);
    const another = rig.startDriver();
    const fresh = client.attach({ clientId: 501 });
    expect(ids.has(fresh["leaseId"] as string)).toBe(false);
    client.keepAlive(last);
    settle(rig);
    expect(another.counters.of.keepalivesUnknown.value).toBe(1);
  });

  test("D-20: administrative requests need the token; others are ignored and counted", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver({ token: "secret" });
    const client = new TestClient(rig);
    const lease = client.attach({ clientId: 501 });
    for (const token of ["", "Secret", "secret "]) {
      client.say("ShmDriverShutdownRequest", { correlationId: "5", reason: "ADMIN", token, errorMessage: "" });
      client.say("ShmLeaseRevokeRequest", { correlationId: "6", leaseId: lease["leaseId"] as string, token });
    }
    settle(rig);
    expect(rig.shutdownRequests).toBe(0);
    expect(driver.leaseCount).toBe(1);
    expect(driver.counters.of.requestsUnauthorised.value).toBe(6);
    client.say("ShmDriverShutdownRequest", {
      correlationId: "7",
      reason: "ADMIN",
      token: "secret",
      errorMessage: "bye",
    });
    rig.until(() => rig.shutdownRequests === 1, "the request to be heard");
    await rig.remove(driver);
    expect(client.tap.of("ShmDriverShutdown")).toMatchObject([{ reason: "ADMIN", errorMessage: "bye" }]);
  });

  test("D-20: without a token administrative requests are off, whatever they carry", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const client = new TestClient(rig);
    client.say("ShmDriverShutdownRequest", { correlationId: "5", reason: "ADMIN", token: "", errorMessage: "" });
    settle(rig);
    expect([rig.shutdownRequests, driver.counters.of.requestsUnauthorised.value]).toEqual([0, 1]);
  });
});

describe("clients whose lease has ended", () => {
  test("D-14: a revoked producer touches nothing any more, its claims end, and it attaches again by itself", async () => {
    await using rig = new DriverRig();
    rig.startDriver({ token: "secret" });
    const client = new TestClient(rig);
    const pair = rig.leasedPair();
    const { producer, consumer } = pair;
    const claim = producer.tryClaim(16);
    if (claim === null) throw new Error("expected a claim, found none");
    const bytes = claim.bytes;
    const { epoch } = producer;
    const lease = client.attach({ clientId: 900 });
    expect(lease["code"]).toBe("OK");
    const revoke = (clientId: number): void => {
      const granted = client.tap.of("ShmAttachResponse").map(({ leaseId }) => leaseId as string | null);
      for (const leaseId of granted) {
        if (leaseId === null || leaseId === lease["leaseId"]) continue;
        client.say("ShmLeaseRevokeRequest", { correlationId: String(clientId), leaseId, token: "secret" });
      }
    };
    revoke(1);
    rig.until(() => producer.counters.of.leasesLost.value === 1, "the producer to lose its lease");
    expect(() => claim.bytes).toThrow("not claimed");
    expect(() => claim.commit(SHAPE)).toThrow("not claimed");
    // What native code or an old view writes goes nowhere.
    bytes.fill(0xee);
    rig.untilJoined(pair);
    expect(producer.epoch).toBeGreaterThan(epoch);
    expect(producer.offer(new Uint8Array(16).fill(7), SHAPE)).toBe("published");
    const seen: number[] = [];
    rig.until(() => consumer.poll((frame) => void seen.push(frame.bytes[0] ?? 0)) > 0, "a frame of the new epoch");
    expect(seen).toEqual([7]);
    expect(producer.counters.of.attaches.value).toBe(2);
    expect(producer.counters.of.aborted.value).toBe(1);
  });

  test("D-14: frames handed out or under way when the lease ends are not accepted, and a kept frame is an error", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const { producer, consumer } = rig.leasedPair();
    for (let i = 0; i < 3; i++) expect(producer.offer(new Uint8Array(16), SHAPE)).toBe("published");
    let kept: { isIntact(): boolean; readonly bytes: Uint8Array } | null = null;
    rig.until(
      () =>
        consumer.poll(
          (frame) => {
            kept = frame;
          },
          { limit: 1 },
        ) > 0,
      "the first frame",
    );
    await rig.remove(driver);
    rig.until(() => !consumer.isMapped, "the consumer to unmap");
    const frame = kept as { isIntact(): boolean; readonly bytes: Uint8Array } | null;
    expect(() => frame?.bytes).toThrow("handler");
    expect(consumer.poll(() => undefined)).toBe(0);
    expect(consumer.counters.of.accepted.value).toBe(1);
    expect(consumer.counters.of.detached.value).toBe(2);
  });

  test("D-14: a consumer waits for a higher epoch when its producer's lease ends, and keeps its own", async () => {
    await using rig = new DriverRig();
    rig.startDriver();
    const { producer, consumer } = rig.leasedPair();
    const epoch = consumer.epoch ?? 0n;
    await rig.remove(producer);
    rig.until(() => consumer.isMapped && (consumer.epoch ?? 0n) > epoch, "a higher epoch");
    expect(consumer.counters.of.leasesLost.value).toBe(0);
  });

  test("D-14: revocations of other leases, and repeated ones, change nothing", async () => {
    await using rig = new DriverRig();
    rig.startDriver();
    const client = new TestClient(rig);
    const { producer, consumer } = rig.leasedPair();
    const other = { timestampNs: "1", streamId: STREAM_ID, role: "CONSUMER", reason: "REVOKED", errorMessage: "" };
    for (let i = 0; i < 3; i++) client.say("ShmLeaseRevoked", { ...other, leaseId: "12", clientId: 3 });
    settle(rig);
    expect([producer.isAttached, consumer.isMapped]).toEqual([true, true]);
    expect([producer, consumer].map(({ counters }) => counters.of.leasesLost.value)).toEqual([0, 0]);
  });

  test("D-11: a client that was paused for longer than its lease fails closed, and attaches again", async () => {
    await using rig = new DriverRig({ tellsPauses: false });
    const driver = rig.startDriver();
    const { producer, consumer } = rig.leasedPair();
    const before = producer.epoch;
    rig.clock.jump(5 * SECOND_NS);
    const nowNs = rig.clock.nanoTime();
    for (const role of [producer, consumer]) role.onLateCycle(nowNs, 5 * SECOND_NS);
    expect(producer.isAttached).toBe(false);
    expect(consumer.isMapped).toBe(false);
    rig.untilJoined({ producer, consumer });
    expect(producer.epoch).toBeGreaterThan(before);
    expect(driver.leaseCount).toBe(2);
  });
});
