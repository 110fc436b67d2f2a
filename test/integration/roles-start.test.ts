import { describe, expect, test } from "bun:test";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import { Rig } from "../support/rig.ts";

const SHAPE = { dtype: "uint8", dims: [4] } as const;
const BYTES = new Uint8Array(4);
const ANNOUNCE_PERIOD_NS = 1e9;

function acceptOne(rig: Rig, consumer: Consumer): void {
  rig.until(() => {
    consumer.poll(() => undefined);
    return consumer.counters.of.accepted.value === 1;
  }, "an accepted frame");
}

describe("W-19: what is missing before the first descriptor", () => {
  test("is a gap to a consumer that had mapped the epoch before its first frame: accepted and causes are all that was claimed", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    producer.tryClaim(4)?.abort();
    producer.tryClaim(4)?.abort();
    expect(producer.offer(BYTES, SHAPE)).toBe("published");
    acceptOne(rig, consumer);
    expect(consumer.counters.of.gap.value).toBe(2);
    expect(1 + totalLost(consumer.counters)).toBe(producer.counters.of.claimed.value);
  });

  test("is nothing to one that came later", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    for (let n = 0; n < 3; n++) producer.offer(BYTES, SHAPE);
    const consumer = rig.consumer();
    rig.until(() => consumer.isMapped && producer.hasReaders(1), "the consumer to map the stream");
    producer.tryClaim(4)?.abort();
    expect(producer.offer(BYTES, SHAPE)).toBe("published");
    acceptOne(rig, consumer);
    expect(totalLost(consumer.counters)).toBe(0);
  });

  test("is a gap also when no descriptor came at all until the end", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    for (let n = 0; n < 3; n++) producer.tryClaim(4)?.abort();
    await rig.scheduler.remove(producer);
    rig.until(() => !consumer.isMapped, "the end of the stream");
    expect(consumer.counters.of.gap.value).toBe(3);
  });

  test("and an epoch in which nothing was written has none", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    await rig.scheduler.remove(producer);
    rig.until(() => !consumer.isMapped, "the end of the stream");
    expect(totalLost(consumer.counters)).toBe(0);
  });
});

describe("how a stream flows", () => {
  test("counts as wait from the mapping until its metadata comes, so that nobody is read from too fast", async () => {
    await using rig = new Rig({ tellsPauses: false });
    // Its metadata goes where nobody listens.
    rig.producer({ streams: { ...DEFAULT_STREAMS, metadataStreamId: 1399 } });
    const consumer = rig.consumer();
    expect(consumer.flow).toBe("drop");
    rig.until(() => consumer.isMapped, "the consumer to map the stream");
    expect([consumer.hasAttributes, consumer.flow]).toEqual([false, "wait"]);
    // Whoever has not told by the next announce is live.
    rig.clock.jump(ANNOUNCE_PERIOD_NS);
    rig.until(() => consumer.flow === "drop", "the time for it to be over");
  });

  test("is what the metadata says as soon as it has come", async () => {
    for (const flow of ["drop", "wait"] as const) {
      await using rig = new Rig();
      const { consumer } = rig.pair({ flow });
      expect(consumer.flow).toBe(flow);
    }
  });
});
