import { describe, expect, test } from "bun:test";
import type { CounterRecord } from "../../src/aeron/counters-reader.ts";
import { fitting, LEASE_COLUMNS, streamColumns } from "../../src/cli/driver/columns.ts";
import { leaseArgument } from "../../src/cli/driver/lease-arguments.ts";
import { theStream } from "../../src/cli/driver/resolve-stream.ts";
import { renderTable } from "../../src/cli/output/table.ts";
import { paletteOf } from "../../src/core/colours.ts";
import { deploymentOf } from "../../src/observe/deployment.ts";
import { type Surroundings, viewOf } from "../../src/observe/deployment-view.ts";
import { StepRate } from "../../src/observe/rate-sampler.ts";
import { consumerCounters, producerCounters } from "../../src/roles/counters.ts";
import { driverCounters, streamCounters } from "../../src/roles/driver/driver-counters.ts";
import { clientRecord, counterRecords, leaseRecord, publicationRecord } from "../support/counter-records.ts";

const NOW_NS = 500_000_000_000n;
const NOW_MS = 1_700_000_000_000;
const CONTROL = 1000;
const DRIVER = 1n;
const CLIENT = 2n;

function driverRecords(ownerId: bigint, heartbeatNs: bigint, producerId = 77): CounterRecord[] {
  return [
    clientRecord(ownerId, `tensorpool driver ${1000 + Number(ownerId)}`, NOW_MS),
    ...counterRecords(
      driverCounters(),
      { heartbeatNs: Number(heartbeatNs), streams: 1, leases: 2, regionBytes: 4096 },
      { streamId: CONTROL, ownerId, remark: "instance=driver-01" },
    ),
    ...counterRecords(
      streamCounters(),
      { epoch: 1234, producerId, consumers: 1, regionBytes: 4096, retainedEpochs: 2 },
      { streamId: 10_000, ownerId, remark: "name=camera-1 instance=driver-01" },
    ),
  ];
}

/** A driver that works, a producer and a consumer with leases on its one stream. */
function records(): CounterRecord[] {
  const lease = {
    streamId: 10_000,
    sessionId: -5,
    attachedNs: NOW_NS - 4_000_000_000n,
    expiresNs: NOW_NS + 2_000_000_000n,
  };
  return [
    ...driverRecords(DRIVER, NOW_NS - 50_000_000n),
    clientRecord(CLIENT, "tensorpool producer 4242", NOW_MS - 200),
    publicationRecord(CLIENT, -5, CONTROL),
    ...counterRecords(
      producerCounters(),
      { claimed: 110, published: 100, bytes: 6400, noPool: 3 },
      { streamId: 10_000, clientId: 77, ownerId: CLIENT },
    ),
    ...counterRecords(
      consumerCounters(),
      { accepted: 90, gap: 4, resync: 5, skipped: 1000 },
      { streamId: 10_000, clientId: 78, ownerId: CLIENT },
    ),
    leaseRecord(DRIVER, { ...lease, leaseId: 2n ** 64n - 2n, clientId: 77, role: 1 }),
    leaseRecord(DRIVER, { ...lease, leaseId: 9n, clientId: 78, role: 2 }),
  ];
}

function around(overrides: Partial<Surroundings> = {}): Surroundings {
  return { nowNs: NOW_NS, nowMs: NOW_MS, isServed: () => true, rates: new Map(), heard: new Map(), ...overrides };
}

describe("what the counters say of a deployment", () => {
  test("a driver, its stream, who produces and who reads it, and their leases", () => {
    const deployment = deploymentOf(records());
    const published = deployment.roles.find(({ role }) => role === "producer")?.frames as CounterRecord;
    const view = viewOf(deployment, around({ rates: new Map([[published, 30]]) }));
    expect(view.drivers).toMatchObject([
      { instanceId: "driver-01", state: "alive", pid: 1001, controlStreamId: CONTROL, streams: 1, silentNs: 50e6 },
    ]);
    const [stream, ...others] = view.streams;
    expect(others).toEqual([]);
    expect(stream).toMatchObject({
      streamId: 10_000,
      name: "camera-1",
      driver: "driver-01",
      driverState: "alive",
      epoch: "1234",
      retainedEpochs: 2,
      framesPerSecond: 30,
      producer: { clientId: 77, pid: 4242, state: "alive", leaseId: "18446744073709551614" },
      // What a mode skips on purpose is not lost.
      dropped: 13,
      lost: 9,
    });
    expect(stream?.consumers).toMatchObject([{ clientId: 78, leaseId: "9", lost: 9 }]);
    expect(view.leases).toMatchObject([
      { leaseId: "18446744073709551614", name: "camera-1", role: "producer", clientId: 77, pid: 4242, ageNs: 4e9 },
      { leaseId: "9", role: "consumer", expiresInNs: 2e9 },
    ]);
  });

  test("D-17: a driver whose lock is free is dead, whatever its heartbeat says, and so are its leases", () => {
    const view = viewOf(deploymentOf(records()), around({ isServed: () => false }));
    expect(view.drivers).toMatchObject([{ state: "dead" }]);
    expect(view.streams).toMatchObject([{ driver: "driver-01", driverState: "dead" }]);
    expect(view.leases.map(({ expiresInNs }) => expiresInNs)).toEqual([null, null]);
  });

  test("a driver that holds its lock and does not work is silent; a client that shows no life is so too", () => {
    const view = viewOf(deploymentOf(records()), around({ nowNs: NOW_NS + 5_000_000_000n, nowMs: NOW_MS + 5_000 }));
    expect(view.drivers).toMatchObject([{ state: "silent", silentNs: 5.05e9 }]);
    expect(view.streams[0]?.producer).toMatchObject({ state: "silent" });
    // Expired, while nobody is there to say so.
    expect(view.leases[0]?.expiresInNs).toBe(-3e9);
  });

  test("of a driver and its dead predecessor, whose counters stay for a while, the later one has the stream", () => {
    const successor = driverRecords(3n, NOW_NS - 10_000_000n, 0);
    const view = viewOf(deploymentOf([...records(), ...successor]), around());
    expect(view.drivers.map(({ pid, state }) => [pid, state])).toEqual([
      [1001, "dead"],
      [1003, "alive"],
    ]);
    expect(view.streams.map(({ driverState }) => driverState)).toEqual(["alive"]);
  });

  test("a producer without a driver is a stream of its own, with the name that was heard", () => {
    const own = counterRecords(
      producerCounters(),
      { claimed: 5, published: 5 },
      { streamId: 7, clientId: 1, ownerId: CLIENT },
    );
    const heard = {
      streamId: 7,
      name: "left",
      summary: "",
      producerId: 1,
      epoch: 99n,
      announcement: null,
      signNs: null,
      meta: null,
    };
    const view = viewOf(
      deploymentOf([clientRecord(CLIENT, "tensorpool producer 5", NOW_MS), ...own]),
      around({ heard: new Map([[7, heard]]) }),
    );
    expect(view.streams).toMatchObject([
      {
        streamId: 7,
        name: "left",
        driver: null,
        driverState: null,
        epoch: "99",
        producer: { clientId: 1, leaseId: null },
      },
    ]);
  });

  test("who holds a lease and counts nothing is shown as its holder", () => {
    const foreign = records().filter(({ typeId }) => typeId < 10_100 || typeId > 10_299);
    const [stream] = viewOf(deploymentOf(foreign), around()).streams;
    expect(stream?.producer).toMatchObject({ clientId: 77, counters: null, leaseId: "18446744073709551614" });
    expect(stream?.consumers).toMatchObject([{ clientId: 78, counters: null }]);
  });
});

describe("the tables", () => {
  const { streams, leases } = viewOf(deploymentOf(records()), around());

  test("show every column where there is room", () => {
    const wide = { palette: paletteOf(false), width: 160 };
    expect(renderTable(fitting(wide, streamColumns(streams)), streams, wide)).toMatchInlineSnapshot(`
      [
        "stream  name      producer   pid  consumers  frames/s  bytes/s  dropped  lost  owner      memory  epoch",
        " 10000  camera-1        77  4242          1       0/s    0 B/s       13     9  driver-01   4 KiB   1234",
      ]
    `);
    expect(renderTable(fitting(wide, LEASE_COLUMNS), leases, wide)).toMatchInlineSnapshot(`
      [
        "               lease  stream  name      role      client   pid  age  expires",
        "18446744073709551614   10000  camera-1  producer      77  4242  4 s   in 2 s",
        "                   9   10000  camera-1  consumer      78  4242  4 s   in 2 s",
      ]
    `);
  });

  test("fit 80 columns by leaving columns out, and shorten no number", () => {
    const narrow = { palette: paletteOf(false), width: 80 };
    const lines = [
      ...renderTable(fitting(narrow, streamColumns(streams)), streams, narrow),
      ...renderTable(fitting(narrow, LEASE_COLUMNS), leases, narrow),
    ];
    expect(lines.filter((line) => line.length > 80 || line.includes("…"))).toEqual([]);
  });
});

describe("the rate of a counter that is copied now and then", () => {
  test("is that between two steps, wherever the window began and ended", () => {
    const rate = new StepRate(100, 0);
    for (let ms = 1; ms <= 450; ms++) rate.look(100 + Math.floor((ms + 30) / 100) * 10, ms * 1e6);
    expect(rate.perSecond).toBeCloseTo(100, 6);
  });

  test("is the growth over the window where fewer than two steps were seen, and 0 without any", () => {
    const one = new StepRate(5, 0);
    one.look(5, 200e6);
    one.look(6, 400e6);
    one.look(6, 500e6);
    expect(one.perSecond).toBeCloseTo(2, 6);
    expect(new StepRate(5, 0).perSecond).toBe(0);
  });
});

describe("what a command line names", () => {
  const streams = [
    { streamId: 10_000, name: "camera-1" },
    { streamId: 10_001, name: null },
  ];

  test("a stream by id or by name; otherwise those that are there, and the nearest", () => {
    expect(theStream("10001", streams).streamId).toBe(10_001);
    expect(theStream("camera-1", streams).streamId).toBe(10_000);
    expect(() => theStream("camera-2", streams)).toThrow(
      'no stream is called "camera-2": there are 10000 "camera-1", 10001; did you mean "camera-1"?',
    );
    expect(() => theStream("10002", [])).toThrow("no stream 10002 is there: there are none");
  });

  test("a lease by every digit of its id", () => {
    expect(leaseArgument("detach", "18446744073709551614")).toBe(18446744073709551614n);
    for (const bad of ["", "-1", "1.5", "0x10", "18446744073709551615", "99999999999999999999999"]) {
      expect(() => leaseArgument("detach", bad)).toThrow(`detach: <lease>: expected the id of a lease`);
    }
  });
});
