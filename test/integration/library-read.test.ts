import { expect, test } from "bun:test";
import { type Producer, TensorPool } from "../../src/index.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { TIMEOUT_MS } from "../support/until.ts";

const SHAPE = { dtype: "uint8", dims: [1] } as const;

async function open(scope: AsyncDisposableStack, slots: number) {
  const directory = scope.use(new TemporaryDirectory());
  const pool = scope.use(
    await TensorPool.connect({
      aeronDir: directory.at("aeron"),
      shmDir: directory.at("regions"),
      drive: "manual",
      mediaDriver: "embedded",
    }),
  );
  const producer = await pool.addProducer({ stream: 7, standalone: { slots, strideBytes: 4096 } });
  return { pool, producer };
}

function step(pool: TensorPool, condition: () => boolean, what: string): void {
  const endMs = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`expected ${what}, and it did not come`);
    pool.doWork();
  }
}

function publish(producer: Producer, value: number): void {
  expect(producer.offer(Uint8Array.of(value), SHAPE)).toBe("published");
}

test("read() gives a value, or the cause under which the frame was counted", async () => {
  await using scope = new AsyncDisposableStack();
  const { pool, producer } = await open(scope, 4);
  const consumer = await pool.addConsumer({ stream: 7, standalone: true });
  step(pool, () => consumer.isMapped && producer.hasReaders(1), "the consumer to map the stream");
  expect(consumer.read(() => 0)).toEqual({ ok: false, cause: "none" });
  publish(producer, 10);
  publish(producer, 11);
  for (let n = 0; n < 3; n++) producer.tryClaim(1);
  // Frame 4 is being written in the slot of frame 0.
  expect(consumer.read((frame) => frame.bytes[0])).toEqual({ ok: false, cause: "odd" });
  expect(consumer.read((frame) => frame.bytes[0])).toEqual({ ok: true, value: 11 });
  expect(consumer.read((frame) => frame.bytes[0])).toEqual({ ok: false, cause: "none" });
  expect(consumer.counters.snapshot()).toMatchObject({ odd: 1, overwritten: 0, accepted: 1 });
});

test("W-40: read() passes over frames that the mode skips, and they are no failure", async () => {
  await using scope = new AsyncDisposableStack();
  const { pool, producer } = await open(scope, 16);
  const consumer = await pool.addConsumer({ stream: 7, standalone: true });
  step(pool, () => consumer.isMapped && producer.hasReaders(1), "the consumer to map the stream");
  producer.sendConsumerConfig({ consumerId: consumer.consumerId, mode: "decimated", decimation: 3 });
  step(pool, () => consumer.mode === "decimated", "the consumer to obey");
  for (let value = 0; value < 5; value++) publish(producer, value);
  expect(consumer.read((frame) => frame.bytes[0])).toEqual({ ok: true, value: 0 });
  expect(consumer.read((frame) => frame.bytes[0])).toEqual({ ok: true, value: 3 });
  expect(consumer.read((frame) => frame.bytes[0])).toEqual({ ok: false, cause: "none" });
  expect(consumer.counters.snapshot()).toMatchObject({ skipped: 3, accepted: 2 });
});

test("W-40: a consumer takes every Nth frame, or no more than so many a second, when it is told so at its making", async () => {
  await using scope = new AsyncDisposableStack();
  const { pool, producer } = await open(scope, 16);
  const third = await pool.addConsumer({ stream: 7, standalone: true, mode: "decimated", decimation: 3 });
  const slow = await pool.addConsumer({ stream: 7, standalone: true, maxRateHz: 0.001 });
  step(pool, () => third.isMapped && slow.isMapped && producer.hasReaders(2), "the consumers to map the stream");
  for (let value = 0; value < 7; value++) publish(producer, value);
  const valuesOf = (consumer: typeof third): number[] => {
    const seen: number[] = [];
    step(pool, () => consumer.poll((frame) => void seen.push(frame.bytes[0] ?? 0)) > 0, "frames");
    return seen;
  };
  expect(valuesOf(third)).toEqual([0, 3, 6]);
  expect(valuesOf(slow)).toEqual([0]);
  expect(slow.counters.of.skipped.value).toBe(6);
});

test.each([
  [{ decimation: 0 }, "decimation: expected a whole number from 1 to 65535, found 0"],
  [{ decimation: 2.5 }, "decimation: expected a whole number from 1 to 65535, found 2.5"],
  [{ decimation: 65_536 }, "decimation: expected a whole number from 1 to 65535, found 65536"],
  [{ maxRateHz: -1 }, "maxRateHz: expected a number from 0 on, found -1"],
] as const)("a consumer with %j is refused", async (options, message) => {
  await using scope = new AsyncDisposableStack();
  const { pool } = await open(scope, 16);
  expect(pool.addConsumer({ stream: 7, standalone: true, ...options })).rejects.toThrow(message);
});
