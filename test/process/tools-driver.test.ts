import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { DriverView, LeaseView, StreamView } from "../../src/observe/deployment-view.ts";
import { TEST_TOKEN, ToolPlace } from "../support/tool-place.ts";
import { PROCESS_TEST_MS, TIMEOUT_MS } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

type LsRow = DriverView | StreamView | LeaseView;

async function ls(place: ToolPlace): Promise<{ drivers: DriverView[]; streams: StreamView[]; leases: LeaseView[] }> {
  const { rows } = await place.tool<LsRow>(["ls"]);
  return {
    drivers: rows.filter((row) => row.kind === "driver"),
    streams: rows.filter((row) => row.kind === "stream"),
    leases: rows.filter((row) => row.kind === "lease"),
  };
}

/** Looks until it is so: that takes its time with each look. */
async function lsUntil(
  place: ToolPlace,
  isSo: (seen: Awaited<ReturnType<typeof ls>>) => boolean,
  what: string,
): ReturnType<typeof ls> {
  const endMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const seen = await ls(place);
    if (isSo(seen)) return seen;
    if (performance.now() > endMs) throw new Error(`expected ${what}, found ${JSON.stringify(seen)}`);
  }
}

/** The words of a command line that name a lease. */
function named({ streamId, leaseId, clientId, role }: LeaseView): string[] {
  return [String(streamId), leaseId, String(clientId), "--role", role];
}

describe("ls and info", () => {
  test("call a stream as its data source does, and find it by its driver's name as well", async () => {
    await using place = new ToolPlace();
    await place.servingDriver();
    await place.attachedProducer(["--name", "camera-1"]);
    await place.attachedConsumer();
    const seen = await lsUntil(place, ({ leases }) => leases.length === 2, "both leases");
    expect(seen.streams.map(({ name }) => name)).toEqual(["camera-1", "stream-10001"]);
    expect(seen.leases.map(({ name }) => name)).toEqual(["camera-1", "camera-1"]);
    for (const name of ["camera-1", "stream-10000"]) {
      const { code, rows } = await place.tool(["info", name]);
      expect([code, rows]).toEqual([0, [expect.objectContaining({ streamId: 10_000, name: "camera-1" })]]);
      expect((await place.tool(["lease", "ls", name])).rows).toHaveLength(2);
    }
  });

  test("show a driver, its streams with their rates, and who holds which lease in which process", async () => {
    await using place = new ToolPlace();
    const driver = await place.servingDriver();
    const producer = await place.attachedProducer(["--stats-interval", "0.1"]);
    const consumer = await place.attachedConsumer();
    await producer.row((row) => (row.counters.published ?? 0) > 20, "frames");
    const seen = await lsUntil(
      place,
      // On a busy machine no frame may come in the half second of one look.
      (s) =>
        s.leases.length === 2 && s.leases.every(({ pid }) => pid !== null) && (s.streams[0]?.framesPerSecond ?? 0) > 20,
      "leases and a rate",
    );
    expect(seen.drivers).toMatchObject([{ state: "alive", pid: driver.pid, controlStreamId: 1000, streams: 2 }]);
    const [stream, idle] = seen.streams;
    expect(stream).toMatchObject({ streamId: 10_000, driverState: "alive", producer: { pid: producer.pid } });
    expect(stream?.consumers.map(({ pid }) => pid)).toEqual([consumer.pid]);
    expect(idle).toMatchObject({ streamId: 10_001, producer: null, consumers: [], framesPerSecond: 0 });
    expect(new Set(seen.leases.map(({ role, pid }) => `${role} ${pid}`))).toEqual(
      new Set([`producer ${producer.pid}`, `consumer ${consumer.pid}`]),
    );
    for (const { expiresInNs, ageNs } of seen.leases) {
      expect(expiresInNs).toBeGreaterThan(0);
      expect(ageNs).toBeGreaterThan(0);
    }
    const { code, rows } = await place.tool(["info", "stream-10000"]);
    expect(code).toBe(0);
    expect(rows[0]).toMatchObject({
      streamId: 10_000,
      epoch: stream?.epoch,
      regions: { slots: 8, epoch: stream?.epoch, pools: [{ poolId: 1, strideBytes: 65_536 }] },
      servedBy: { pid: driver.pid },
    });
  });

  test("a driver that was killed is shown as dead at once, and its leases as void", async () => {
    await using place = new ToolPlace();
    await place.mediaDriver();
    const driver = await place.servingDriver();
    await place.attachedConsumer();
    // A client of Aeron says who it is half a second after it has come.
    await lsUntil(place, ({ drivers }) => drivers[0]?.pid === driver.pid, "the driver's process");
    await driver.destroy();
    const { drivers, leases } = await ls(place);
    expect(drivers).toMatchObject([{ state: "dead", pid: driver.pid }]);
    expect(leases).toMatchObject([{ role: "consumer", expiresInNs: null }]);
    const { code, stderr } = await place.tool(["lease", "ls"]);
    expect([code, stderr]).toEqual([3, expect.stringContaining("no driver lives in")]);
  });

  test("a driver that is paused is silent, not dead", async () => {
    await using place = new ToolPlace();
    await place.mediaDriver();
    const driver = await place.servingDriver();
    await lsUntil(place, ({ drivers }) => drivers[0]?.pid === driver.pid, "the driver's process");
    await driver.stop();
    const { drivers } = await lsUntil(place, (seen) => seen.drivers[0]?.state !== "alive", "the driver's silence");
    expect(drivers).toMatchObject([{ state: "silent", pid: driver.pid }]);
    driver.signal("SIGCONT");
  });

  test("a producer without a driver is found with its name, regions and rate", async () => {
    await using place = new ToolPlace();
    await place.mediaDriver();
    const source = ["--source", "synthetic:", "--rate", "50"];
    const producer = place.producer(["--standalone", ...source, "--stream", "4711", "--name", "left"]);
    await producer.errorLine(/epoch/);
    const { code, rows } = await place.tool(["info", "left"]);
    expect(code).toBe(0);
    expect(rows[0]).toMatchObject({ streamId: 4711, driver: null, dataSource: { name: "left" }, servedBy: null });
    expect(JSON.stringify(rows[0])).toContain(`shm:file?path=${place.shmDir}/`);
  });

  test("exit code 3 and what is there instead", async () => {
    await using place = new ToolPlace();
    for (const command of [
      ["ls"],
      ["info", "10000"],
      ["lease", "ls"],
      ["attach", "10000"],
      ["shutdown", "--token", "x"],
    ]) {
      const { code, stderr, stdout } = await place.tool(command);
      expect([command[0], code, stdout]).toEqual([command[0], 3, ""]);
      expect(stderr).toContain(`no media driver lives in ${place.aeronDir}`);
    }
    await place.mediaDriver();
    const nobody = await place.tool(["ls"]);
    expect([nobody.code, nobody.stderr]).toEqual([3, expect.stringContaining("no driver, no stream")]);
    await place.servingDriver();
    const other = await place.tool(["info", "10003"]);
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining('10001 "stream-10001"; did you mean')]);
  });
});

describe("attach, detach, keepalive", () => {
  test("D-07, D-16: attach shows what is granted, holds it until Ctrl-C, and gives it back", async () => {
    await using place = new ToolPlace();
    const driver = await place.servingDriver();
    const holder = place.run(["attach", "10000", "--aeron-dir", place.aeronDir, "-o", "jsonl"]);
    await holder.errorLine(/held until/);
    // Said on standard output before that; the two pipes come in any order.
    const row = (await holder.row(() => true, "the grant")) as unknown;
    const grant = row as { leaseId: string; epoch: string; headerRegionUri: string };
    expect(grant).toMatchObject({
      streamId: 10_000,
      role: "consumer",
      headerNslots: 8,
      durationNs: expect.any(Number),
    });
    expect(grant.headerRegionUri).toContain(`epoch-${grant.epoch}/header.ring`);
    // A client says who it is with its first sign of life.
    const { leases } = await lsUntil(place, (seen) => seen.leases[0]?.pid != null, "a lease with its process");
    expect(leases).toMatchObject([{ leaseId: grant.leaseId, pid: holder.pid }]);
    holder.signal("SIGINT");
    expect(await holder.exit()).toBe(130);
    await driver.errorLine(/was given back/);
    await lsUntil(place, (seen) => seen.leases.length === 0, "no lease any more");
  });

  test("D-11: a keepalive extends the lease that it names right, and no other", async () => {
    await using place = new ToolPlace();
    await place.servingDriver();
    await place.attachedConsumer();
    const [lease] = (await lsUntil(place, ({ leases }) => leases.length === 1, "the lease")).leases as [LeaseView];
    const right = await place.tool(["keepalive", ...named(lease)]);
    expect([right.code, right.rows[0]]).toEqual([0, expect.objectContaining({ extended: true })]);
    const wrong = await place.tool(["keepalive", ...named({ ...lease, role: "producer" })]);
    expect([wrong.code, wrong.rows[0]]).toEqual([1, expect.objectContaining({ extended: false })]);
    expect((await place.tool(["keepalive", ...named({ ...lease, leaseId: "5" })])).code).toBe(3);
  });

  test("D-16: detach ends exactly the lease that it names, and its holder asks for another", async () => {
    await using place = new ToolPlace();
    await place.servingDriver();
    const consumer = await place.attachedConsumer();
    const [lease] = (await lsUntil(place, ({ leases }) => leases.length === 1, "the lease")).leases as [LeaseView];
    const other = await place.tool(["detach", ...named({ ...lease, clientId: lease.clientId === 5 ? 6 : 5 })]);
    expect([other.code, other.rows[0]]).toEqual([1, expect.objectContaining({ code: "REJECTED" })]);
    expect((await place.tool(["detach", ...named(lease)])).code).toBe(0);
    await consumer.errorLine(/attached to stream 10000 again/);
    expect((await place.tool(["detach", ...named(lease)])).code).toBe(3);
  });

  test("a refusal is shown at once: a stream that is not there, a second producer", async () => {
    await using place = new ToolPlace();
    await place.servingDriver();
    const missing = await place.tool(["attach", "10002", "--once"]);
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining("there are 10000, 10001")]);
    await place.attachedProducer();
    const second = await place.tool(["attach", "10000", "--role", "producer", "--once"]);
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining("has a producer already")]);
  });
});

describe("lease revoke and shutdown", () => {
  test("D-20: a lease is revoked with the token, and with no other", async () => {
    await using place = new ToolPlace();
    const driver = await place.servingDriver();
    const consumer = await place.attachedConsumer();
    const [lease] = (await lsUntil(place, ({ leases }) => leases.length === 1, "the lease")).leases as [LeaseView];
    const wrong = await place.tool(["lease", "revoke", lease.leaseId, "--token", "wrong"]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("the token is not the driver's")]);
    expect((await place.tool(["lease", "revoke", lease.leaseId])).code).toBe(2);
    const right = await place.tool(["lease", "revoke", lease.leaseId, "--token", TEST_TOKEN]);
    expect([right.code, right.rows[0]]).toEqual([0, expect.objectContaining({ code: "OK" })]);
    await consumer.errorLine(/REVOKED \(by an operator\)/);
    await consumer.errorLine(/attached to stream 10000 again/);
    for (const text of [driver.stderr, consumer.stderr, wrong.stderr]) expect(text).not.toContain(TEST_TOKEN);
  });

  test("D-20: shutdown ends the driver in order, and waits for it; another token is ignored", async () => {
    await using place = new ToolPlace();
    const driver = await place.servingDriver();
    const wrong = await place.tool(["shutdown", "--token", "wrong"]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("the driver ignores the request")]);
    const right = await place.tool(["shutdown", "--token", TEST_TOKEN, "--why", "new disks"]);
    expect([right.code, right.rows[0]]).toEqual([0, expect.objectContaining({ reason: "ADMIN", ended: true })]);
    expect(await driver.exit()).toBe(0);
    expect(driver.stderr).toContain("new disks");
    await place.isEmpty();
  });
});
