import { describe, expect, test } from "bun:test";
import { AeronConnection } from "../../src/aeron/connection.ts";
import {
  AttachError,
  type ConnectOptions,
  type DeploymentView,
  type Driver,
  describeDeployment,
  NotFoundError,
  ProducerError,
  TensorPool,
} from "../../src/index.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { subscribeControl } from "../../src/roles/hearing.ts";
import { ShmPoolAnnounceDecoder } from "../../src/sbe/generated/control/index.ts";
import { messageKeyAt } from "../../src/sbe/header.ts";
import { Mapping } from "../../src/shm/index.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { TIMEOUT_MS } from "../support/until.ts";

const SHAPE = { dtype: "uint8", dims: [16] } as const;
const STREAMS = [{ stream: 77, name: "camera-1", slots: 8, strideBytes: 4096 }];

/** A pool that is stepped by hand, with a media driver of its own; both, and their folder, go with the test. */
async function open(scope: AsyncDisposableStack, options: ConnectOptions = {}) {
  const directory = scope.use(new TemporaryDirectory());
  const aeronDir = directory.at("aeron");
  const pool = await TensorPool.connect({
    aeronDir,
    shmDir: directory.at("regions"),
    drive: "manual",
    mediaDriver: "embedded",
    ...options,
  });
  return { pool: scope.use(pool), aeronDir };
}

function step(pool: TensorPool, condition: () => boolean, what: string): void {
  const endMs = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`expected ${what}, and it did not come`);
    pool.doWork();
  }
}

async function end(pool: TensorPool, driver: Driver): Promise<void> {
  let isOver = false;
  const removing = driver.close().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    pool.doWork();
    await Bun.sleep(0);
  }
  await removing;
}

describe("the library with a driver", () => {
  test("D-02: an embedded driver serves producers and consumers, which attach to it by the stream's name", async () => {
    await using scope = new AsyncDisposableStack();
    const { pool } = await open(scope);
    const driver = await pool.addDriver({ streams: STREAMS });
    const producer = await pool.addProducer({ stream: "camera-1" });
    const consumer = await pool.addConsumer({ stream: 77 });
    expect([producer.streamId, driver.leaseCount]).toEqual([77, 2]);
    step(pool, () => consumer.isMapped && producer.isConnected && producer.mappedConsumers > 0, "the consumer to map");
    expect(producer.offer(new Uint8Array(16).fill(7), SHAPE)).toBe("published");
    const seen: number[] = [];
    step(pool, () => consumer.poll((frame) => void seen.push(frame.bytes[3] ?? 0)) > 0, "the frame");
    expect(seen).toEqual([7]);
  });

  test("what drivers, streams, roles and leases there are is described without a pool, and where there is none that is said", async () => {
    await using scope = new AsyncDisposableStack();
    const { pool, aeronDir } = await open(scope);
    await pool.addDriver({ streams: STREAMS });
    await pool.addProducer({ stream: "camera-1", clientId: 5 });
    await pool.addConsumer({ stream: 77, clientId: 6 });
    // Counters of roles and leases come to the media driver a little later.
    const isWhole = ({ streams: [stream], leases }: DeploymentView): boolean =>
      leases.length === 2 &&
      [stream?.producer, stream?.consumers[0]].every((role) => role?.counters != null && role.pid !== null);
    let view = await describeDeployment({ aeronDir });
    for (const endMs = performance.now() + TIMEOUT_MS; !isWhole(view); view = await describeDeployment({ aeronDir })) {
      if (performance.now() > endMs) throw new Error(`expected all counters, found ${JSON.stringify(view)}`);
      pool.doWork();
      await Bun.sleep(1);
    }
    expect(view.drivers.map(({ streams }) => streams)).toEqual([1]);
    expect(view.streams).toMatchObject([
      {
        streamId: 77,
        name: "camera-1",
        producer: { clientId: 5, pid: process.pid },
        consumers: [{ clientId: 6, role: "consumer" }],
      },
    ]);
    expect(view.leases.map(({ role }) => role).sort()).toEqual(["consumer", "producer"]);
    const nowhere = await describeDeployment({ aeronDir: `${aeronDir}-of-none` }).catch((error: unknown) => error);
    expect(nowhere).toBeInstanceOf(NotFoundError);
    expect(nowhere).toMatchObject({
      message: expect.stringContaining("start a driver, or name another folder as aeronDir"),
    });
  });

  test("D-14: when its lease ended, a slot is an error and no crash, and a producer says that it is not attached", async () => {
    await using scope = new AsyncDisposableStack();
    const { pool } = await open(scope);
    const driver = await pool.addDriver({ streams: STREAMS });
    const producer = await pool.addProducer({ stream: 77 });
    const slot = producer.tryClaim(16);
    if (slot === null) throw new Error(`expected a slot, found ${producer.lastRefusal}`);
    const kept = slot.bytes;
    await end(pool, driver);
    step(pool, () => !producer.isAttached, "the end of the lease");
    for (const use of [() => slot.bytes, () => slot.values("uint8"), () => slot.commit(SHAPE), () => slot.address]) {
      expect(use).toThrow(ProducerError);
    }
    slot.abort();
    // A view that was kept writes nowhere.
    kept.fill(1);
    expect([producer.tryClaim(16), producer.lastRefusal]).toEqual([null, "not-attached"]);
    expect(producer.offer(new Uint8Array(16), SHAPE)).toBe("not-attached");
  });

  test("D-06, D-17: with another driver they attach again by themselves, to a higher epoch", async () => {
    await using scope = new AsyncDisposableStack();
    const { pool } = await open(scope);
    const driver = await pool.addDriver({ streams: STREAMS });
    const producer = await pool.addProducer({ stream: 77 });
    const { epoch } = producer;
    await end(pool, driver);
    step(pool, () => !producer.isAttached, "the end of the lease");
    await pool.addDriver({ streams: STREAMS });
    step(pool, () => producer.isAttached, "another lease");
    expect(producer.epoch).toBeGreaterThan(epoch);
  });

  test("without a driver, a second producer, and an unknown name are errors that say so; nothing is left added", async () => {
    await using scope = new AsyncDisposableStack();
    const { pool } = await open(scope);
    const nobody = await pool.addProducer({ stream: 77, attachTimeoutMs: 100 }).catch((error: unknown) => error);
    expect(nobody).toBeInstanceOf(AttachError);
    expect(nobody).toMatchObject({ code: "not-found", message: expect.stringContaining("pool.addDriver") });
    const driver = await pool.addDriver({ streams: STREAMS });
    await pool.addProducer({ stream: 77 });
    // So long that a busy driver has answered by then: without an answer it would be another error.
    const second = await pool.addProducer({ stream: 77, attachTimeoutMs: 3000 }).catch((error: unknown) => error);
    expect(second).toMatchObject({ code: "refused", message: expect.stringContaining("has a producer already") });
    expect(driver.leaseCount).toBe(1);
    await expect(pool.addConsumer({ stream: "camera-2" })).rejects.toBeInstanceOf(NotFoundError);
  });

  test("a driver with a layout that can never be is an error that names it, and leaves nothing: another takes its place", async () => {
    await using scope = new AsyncDisposableStack();
    const { pool } = await open(scope);
    for (const [wrong, says] of [
      [{ slots: 3 }, "nslots: expected a power of two from 1 to 4194304, found 3"],
      [{ strideBytes: 1000 }, "strideBytes: expected a power of two from 4096 (a page) to 2147483648, found 1000"],
    ] as const) {
      const streams = [{ stream: 77, slots: 8, strideBytes: 4096, ...wrong }];
      const dynamic = { first: 80, last: 90, slots: 8, strideBytes: 4096, ...wrong };
      for (const options of [{ streams }, { streams: STREAMS, dynamic }]) {
        const error = await pool.addDriver(options).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: "invalid-options", message: expect.stringContaining(says) });
      }
    }
    await pool.addDriver({ streams: STREAMS });
    expect((await pool.addProducer({ stream: 77 })).isAttached).toBe(true);
  });

  test("a driver that fails once it runs is an error too, and gives its locks back", async () => {
    await using scope = new AsyncDisposableStack();
    const { pool } = await open(scope);
    // Whether a directory is on hugetlbfs shows when regions are made.
    const error = await pool.addDriver({ streams: STREAMS, requireHugepages: true }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "not-hugepages" });
    const driver = await pool.addDriver({ streams: STREAMS });
    expect(driver.failure).toBeNull();
  });

  test("D-07: a lease whose regions the producer cannot use is given back, and leaves nothing mapped or open", async () => {
    await using scope = new AsyncDisposableStack();
    const { pool } = await open(scope);
    const driver = await pool.addDriver({ streams: [{ stream: 77, slots: 2, strideBytes: 4096 }] });
    const mappings = Mapping.openCount;
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await pool.addProducer({ stream: 77, flow: "wait" }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "refused", message: expect.stringMatching(/at least 4 slots .*found 2/) });
      step(pool, () => driver.leaseCount === 0 && driver.isReady, "the lease to be given back");
    }
    expect(Mapping.openCount).toBe(mappings);
    expect((await pool.addProducer({ stream: 77 })).isAttached).toBe(true);
  });

  test("where streams of Aeron are chosen, the driver announces on the one for announces", async () => {
    await using scope = new AsyncDisposableStack();
    const streams = { ...DEFAULT_STREAMS, announceStreamId: 1001 };
    const { pool, aeronDir } = await open(scope, { streams });
    const observer = new AeronConnection({ aeronDir, clientName: "observer" });
    scope.defer(() => observer.onClose());
    let announces = 0;
    const [heard] = subscribeControl(observer, streams, ["announce"], (view, length) => {
      if (messageKeyAt(view, 0, length) === ShmPoolAnnounceDecoder.KEY) announces++;
    });
    await pool.addDriver({ streams: STREAMS });
    const hasCome = (): boolean => {
      observer.doWork(Bun.nanoseconds());
      heard?.poll(16);
      return announces > 0;
    };
    step(pool, hasCome, "an announce");
  });
});
