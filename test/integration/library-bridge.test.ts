import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { OptionError, TensorPool } from "../../src/index.ts";
import { freeUdpPort } from "../support/free-port.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { TIMEOUT_MS } from "../support/until.ts";

const SHAPE = { dtype: "uint8", dims: [1] } as const;
const LAYOUT = { slots: 64, strideBytes: 4096 } as const;

async function open(scope: AsyncDisposableStack) {
  const directory = scope.use(new TemporaryDirectory());
  const [aeronDir, shmDir] = [directory.at("aeron"), directory.at("regions")];
  const pool = scope.use(await TensorPool.connect({ aeronDir, shmDir, drive: "manual", mediaDriver: "embedded" }));
  return { pool, shmDir };
}

async function until(pool: TensorPool, condition: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`expected ${what}, and it did not come`);
    pool.doWork();
    await Bun.sleep(0);
  }
}

for (const deployment of ["standalone", "driver"] as const) {
  test(`W-48: a decimator and a bridge of the library keep seqs and account for each frame (${deployment})`, async () => {
    await using scope = new AsyncDisposableStack();
    const { pool, shmDir } = await open(scope);
    const isStandalone = deployment === "standalone";
    if (!isStandalone) await pool.addDriver({ streams: [1, 2, 3].map((stream) => ({ stream, ...LAYOUT })) });
    const own = isStandalone ? { standalone: {} } : {};
    const at = `127.0.0.1:${await freeUdpPort()}`;
    const receiver = await pool.addBridgeReceiver({ from: at, routes: [{ stream: 2, to: 3 }], ...own });
    const decimator = await pool.addDecimator({ stream: 1, to: 2, every: 2, ...own });
    const sender = await pool.addBridgeSender({ stream: 2, to: at, mode: "lossless", standalone: isStandalone });
    const consumer = await pool.addConsumer({ stream: 3, standalone: isStandalone });
    const layout = isStandalone ? { standalone: LAYOUT } : {};
    const producer = await pool.addProducer({ stream: 1, flow: "wait", ...layout });
    await until(pool, () => sender.isConnected && consumer.isMapped && producer.hasReaders(1), "the way to be there");
    await until(pool, () => receiver.streams[0]?.isConnected === true, "the sender to be heard");
    const seqs: number[] = [];
    const values: (number | undefined)[] = [];
    for (let value = 0; value < 20; value++) {
      await until(
        pool,
        () => ["published", "queued"].includes(producer.offer(Uint8Array.of(value), SHAPE)),
        "room for a frame",
      );
    }
    await until(
      pool,
      () => {
        consumer.poll((frame) => {
          seqs.push(frame.seq);
          values.push(frame.bytes[0]);
        });
        return seqs.length >= 10;
      },
      "every second frame",
    );
    expect(seqs).toEqual(Array.from({ length: 10 }, (_, i) => i * 2));
    expect(values).toEqual(seqs);
    await until(pool, () => receiver.streams[0]?.sender.sent === 10, "the sender's ledger");
    expect(receiver.streams[0]).toMatchObject({
      streamId: 2,
      toStreamId: 3,
      receiver: { delivered: 10, noSlot: 0, incomplete: 0 },
    });
    expect([decimator.carried, sender.bytes, sender.ledger.sent]).toEqual([10, 10, 10]);
    let hasEnded = false;
    void sender.ended.then(() => {
      hasEnded = true;
    });
    await producer.close();
    await decimator.close();
    await until(pool, () => hasEnded, "the end of the source to be sent");
    await sender.close();
    await receiver.close();
    await consumer.close();
    const left = existsSync(shmDir) ? readdirSync(shmDir, { recursive: true }) : [];
    if (isStandalone) expect(left).toEqual([]);
  });
}

test("what a bridge or a decimator cannot be made with is refused by the option's name", async () => {
  await using scope = new AsyncDisposableStack();
  const { pool } = await open(scope);
  const source = { stream: 1, standalone: true } as const;
  const refused: [() => Promise<unknown>, string][] = [
    [() => pool.addBridgeSender({ ...source, to: "host" }), "to"],
    [() => pool.addBridgeSender({ ...source, to: "127.0.0.1:1", decimation: 0 }), "decimation"],
    [() => pool.addBridgeSender({ ...source, to: "127.0.0.1:1", mode: "fast" as "latest" }), "mode"],
    [() => pool.addBridgeSender({ ...source, to: "127.0.0.1:1", checksum: 1 as unknown as boolean }), "checksum"],
    [() => pool.addConsumer({ ...source, usesShm: false }), "usesShm"],
    [() => pool.addConsumer({ ...source, usesShm: false, fallback: "bridge://lab" }), "fallback"],
    [() => pool.addConsumer({ ...source, fallback: "http://lab" }), "fallback"],
    [() => pool.addConsumer({ ...source, bridges: { lab: "host" } }), "bridges.lab"],
    [() => pool.addBridgeReceiver({ from: "127.0.0.1:99999" }), "from"],
    [() => pool.addBridgeReceiver({ from: "127.0.0.1:1", maxMemoryBytes: 0.5 }), "maxMemoryBytes"],
    [
      () =>
        pool.addBridgeReceiver({
          from: "127.0.0.1:1",
          routes: [
            { stream: 1, to: 3 },
            { stream: 2, to: 3 },
          ],
        }),
      "routes",
    ],
    [() => pool.addDecimator({ stream: 1, to: 1, every: 2, standalone: {} }), "to"],
    [() => pool.addDecimator({ stream: 1, to: 2, standalone: {} }), "every"],
    [() => pool.addDecimator({ stream: 1, to: 2, every: 2, latest: true, standalone: {} }), "every"],
  ];
  for (const [add, option] of refused) {
    const error = await add().catch((reason: unknown) => reason);
    expect([error instanceof OptionError, (error as OptionError).option]).toEqual([true, option]);
  }
});

test("W-39: a consumer of the library without the stream's shared memory reads it through the bridge of its fallback", async () => {
  await using scope = new AsyncDisposableStack();
  const { pool } = await open(scope);
  const at = `127.0.0.1:${await freeUdpPort()}`;
  const sender = await pool.addBridgeSender({ stream: 1, to: at, mode: "lossless", standalone: true, checksum: true });
  const elsewhere = { usesShm: false, fallback: "bridge://lab", bridges: { lab: at } } as const;
  const consumer = await pool.addConsumer({ stream: 1, standalone: true, ...elsewhere });
  const producer = await pool.addProducer({ stream: 1, flow: "wait", standalone: LAYOUT });
  await until(pool, () => sender.isConnected && consumer.epoch !== null, "the way to be there");
  const seqs: number[] = [];
  for (let value = 0; value < 10; value++) {
    await until(pool, () => producer.offer(Uint8Array.of(value), SHAPE) !== "slots-busy", "room for a frame");
    await until(
      pool,
      () => {
        const read = consumer.read((frame) => frame.bytes[0] as number);
        if (read.ok) seqs.push(read.value);
        return seqs.length > value;
      },
      `frame ${value} through the bridge`,
    );
  }
  expect(seqs).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([consumer.bridge, consumer.isMapped, consumer.counters.of.accepted.value]).toEqual([at, false, 0]);
  expect(consumer.bridgeCounters?.of.accepted.value).toBe(10);
  await consumer.close();
  expect(consumer.isClosed).toBe(true);
});

test("a bridge sender with a rate sends no more than that, and counts the others as skipped", async () => {
  await using scope = new AsyncDisposableStack();
  const { pool } = await open(scope);
  const at = `127.0.0.1:${await freeUdpPort()}`;
  const receiver = await pool.addBridgeReceiver({ from: at, routes: [{ stream: 1, to: 2 }], standalone: {} });
  const sender = await pool.addBridgeSender({ stream: 1, to: at, mode: "lossless", standalone: true, maxRateHz: 1 });
  const producer = await pool.addProducer({ stream: 1, standalone: LAYOUT });
  await until(pool, () => sender.isConnected && receiver.streams[0]?.isConnected === true, "the way to be there");
  const beganMs = performance.now();
  let published = 0;
  await until(
    pool,
    () => {
      if (producer.offer(Uint8Array.of(0), SHAPE) === "published") published++;
      return sender.ledger.sent >= 3;
    },
    "three frames",
  );
  await until(pool, () => sender.ledger.seen >= published, "every frame in the account");
  const { seen, sent, skipped } = sender.ledger;
  const elapsedSeconds = (performance.now() - beganMs) / 1000;
  // The first goes at once.
  expect(sent).toBeLessThanOrEqual(1 + elapsedSeconds + 0.01);
  expect(sent + skipped).toBe(seen);
  expect(seen).toBe(published);
});
