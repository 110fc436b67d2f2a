import { describe, expect, test } from "bun:test";
import { totalLost } from "../../src/roles/counters.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const SHAPE = { dtype: "uint8", dims: [4] } as const;
const BYTES = new Uint8Array(4);

describe("several roles on the same Aeron streams", () => {
  test("W-38: two consumers that drew the same id notice, and continue with ids of their own", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, {}, { consumerId: 77 });
    const second = rig.consumer({ consumerId: 77 });
    rig.until(() => second.isMapped, "the second to map");
    rig.clock.jump(1e9);
    rig.until(() => consumer.consumerId !== second.consumerId, "different ids");
    rig.clock.jump(1e9);
    rig.until(() => {
      producer.offer(BYTES, SHAPE);
      consumer.poll(() => undefined);
      second.poll(() => undefined);
      return consumer.counters.of.accepted.value > 10 && second.counters.of.accepted.value > 10;
    }, "frames for both");
  });

  test("streams that share Aeron's do not touch each other: frames, gaps and ends stay apart", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 16 });
    const otherId = STREAM_ID + 1;
    const otherProducer = rig.producer({ streamId: otherId }, { nslots: 16 });
    const otherConsumer = rig.consumer({ streamId: otherId });
    rig.until(
      () => otherConsumer.isMapped && otherProducer.isConnected && otherProducer.mappedConsumers === 1,
      "the other pair",
    );
    const values: [number, number][] = [];
    const readBoth = () => {
      consumer.poll((frame) => void values.push([0, frame.bytes[0] as number]));
      otherConsumer.poll((frame) => void values.push([1, frame.bytes[0] as number]));
    };
    for (let n = 0; n < 50; n++) {
      rig.until(() => {
        readBoth();
        return producer.offer(BYTES.fill(n), SHAPE) === "published";
      }, "room");
      if (n < 25) otherProducer.offer(BYTES.fill(100 + n), SHAPE);
      // The other stream ends in the middle of this one.
      if (n === 25) await rig.scheduler.remove(otherProducer);
      rig.step(2);
    }
    rig.until(() => {
      readBoth();
      return consumer.counters.of.accepted.value === 50 && !otherConsumer.isMapped;
    }, "all of it");
    expect(values.filter(([stream]) => stream === 0).map(([, value]) => value)).toEqual(
      Array.from({ length: 50 }, (_, n) => n),
    );
    expect(values.filter(([stream, value]) => stream === 1 && value < 100)).toEqual([]);
    expect(totalLost(consumer.counters)).toBe(0);
    expect(consumer.counters.of.maps.value).toBe(1);
  });

  test("a reader of several streams' ends is not interrupted: a finite stream arrives whole while others come and go", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({ flow: "wait" }, { nslots: 16 });
    const seqs: number[] = [];
    for (let round = 0; round < 6; round++) {
      const other = rig.producer({ streamId: STREAM_ID + 1 + round });
      const goal = seqs.length + 40;
      rig.until(() => {
        producer.offer(BYTES, SHAPE);
        consumer.poll((frame) => void seqs.push(frame.seq));
        return seqs.length >= goal;
      }, "frames");
      await rig.scheduler.remove(other);
    }
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, n) => n));
    expect(totalLost(consumer.counters)).toBe(0);
  });
});
