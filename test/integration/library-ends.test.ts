import { describe, expect, test } from "bun:test";
import { type ConnectOptions, TensorPool, UsageError } from "../../src/index.ts";
import { TemporaryDirectory } from "../support/shm.ts";

const SHAPE = { dtype: "uint8", dims: [16] } as const;
const STREAMS = [{ stream: 77, slots: 8, strideBytes: 4096 }];
const STANDALONE = { slots: 8, strideBytes: 4096 };

/** A pool with a media driver of its own; both, and their folder, go with the test. */
async function open(scope: AsyncDisposableStack, drive: ConnectOptions["drive"] = "timer"): Promise<TensorPool> {
  const directory = scope.use(new TemporaryDirectory());
  const [aeronDir, shmDir] = [directory.at("aeron"), directory.at("regions")];
  return scope.use(await TensorPool.connect({ aeronDir, shmDir, drive, mediaDriver: "embedded" }));
}

describe.each(["timer", "manual"] as const)("roles of a pool whose drive is %s", (drive) => {
  test("end by close(), by the end of their block and by remove(), and give their leases back", async () => {
    await using scope = new AsyncDisposableStack();
    const pool = await open(scope, drive);
    const driver = await pool.addDriver({ streams: STREAMS });
    {
      await using producer = await pool.addProducer({ stream: 77 });
      await using consumer = await pool.addConsumer({ stream: 77 });
      expect([producer.isClosed, consumer.isAttached, driver.leaseCount]).toEqual([false, true, 2]);
    }
    const consumer = await pool.addConsumer({ stream: 77 });
    // The driver was asked by the ends of the block before it granted this one.
    expect(driver.leaseCount).toBe(1);
    await consumer.close();
    await consumer.close();
    const producer = await pool.addProducer({ stream: 77 });
    expect(driver.leaseCount).toBe(1);
    await producer.close();
    await producer.close();
    expect([producer.isClosed, producer.tryClaim(16), producer.lastRefusal]).toEqual([true, null, "closed"]);
    await driver.close();
    await using _another = await pool.addDriver({ streams: STREAMS });
  });
});

describe("what the library refuses", () => {
  test("lengths that are none, before a slot is taken", async () => {
    await using scope = new AsyncDisposableStack();
    const pool = await open(scope);
    const producer = await pool.addProducer({ stream: 77, standalone: STANDALONE });
    for (const length of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "16" as unknown as number]) {
      expect(() => producer.tryClaim(length)).toThrow(
        `tryClaim: expected a whole number of bytes from 0 on, found ${length}`,
      );
    }
    expect(producer.counters.of.claimed.value).toBe(0);
    expect(() => producer.tryClaim(undefined as unknown as number)).toThrow(UsageError);
    producer.tryClaim(0)?.commit({ dtype: "uint8", dims: [0] });
    expect(producer.counters.of.claimed.value).toBe(1);
    expect(producer.offer(new Uint8Array(16), SHAPE)).not.toBe("no-pool");
  });

  test("options that TypeScript would not have let through", async () => {
    await using scope = new AsyncDisposableStack();
    const pool = await open(scope);
    const wrong: readonly (readonly [Promise<unknown>, string])[] = [
      [
        pool.addConsumer({} as never),
        "stream: expected a stream id from 1 to 4294967294, or the name of a stream, found nothing",
      ],
      [pool.addConsumer({ stream: "" }), 'found ""'],
      [pool.addConsumer({ stream: 0 }), "expected a stream id from 1 to 4294967294, found 0"],
      [
        pool.addConsumer({ stream: 77, mode: "lates" as never }),
        'mode: expected one of stream, latest, decimated, found "lates"; did you mean "latest"?',
      ],
      [pool.addConsumer({ stream: 77, clientId: -1 }), "clientId: expected an id from 1 to 4294967294, found -1"],
      [pool.addConsumer({ stream: 77, attachTimeoutMs: -1 }), "attachTimeoutMs: expected a number from 0 on, found -1"],
      [pool.addConsumer({ stream: 77, maxOutstandingSeqGap: Number.NaN }), "maxOutstandingSeqGap"],
      [pool.addProducer({ stream: 77, flow: "hold" as never }), "flow: expected one of drop, wait"],
      [pool.addProducer({ stream: 77, name: "Größe", standalone: STANDALONE }), "the name of a data source"],
      [
        pool.addProducer({ stream: 77, standalone: { ...STANDALONE, share: "all" as never } }),
        "standalone.share: expected one of private, group",
      ],
      [pool.addDriver({ streams: STREAMS, token: "Schlüssel" }), "expected a token of at most 1024 characters"],
      [TensorPool.connect({ drive: "fast" as never }), "drive: expected one of timer, busy, manual"],
      [TensorPool.connect({ mediaDriver: "own" as never }), "mediaDriver: expected one of auto, embedded, external"],
    ];
    for (const [adding, message] of wrong) {
      await expect(adding).rejects.toBeInstanceOf(UsageError);
      await expect(adding).rejects.toThrow(message);
    }
  });
});
