import { expect, test } from "bun:test";
import { totalLost } from "../../src/roles/counters.ts";
import { Rig } from "../support/rig.ts";

const NSLOTS = 16;
const BYTES = new Uint8Array(4);
const SHAPE = { dtype: "uint8", dims: [4] } as const;

test("W-20: a reader whose frame was overwritten meanwhile continues half a ring behind the newest, and reads what is there", async () => {
  await using rig = new Rig();
  const { producer, consumer } = rig.pair({ flow: "drop" }, { nslots: NSLOTS });
  const offer = (frames: number): void => {
    for (let i = 0; i < frames; i++) {
      producer.offer(BYTES, SHAPE);
      rig.step(2);
      // Takes the descriptor in, and no frame.
      consumer.poll(() => undefined, { limit: 0 });
    }
  };
  const accepted: number[] = [];
  const settled = (seq: number, isIntact: boolean): void => {
    if (isIntact) accepted.push(seq);
  };
  offer(1);
  // While frame 0 is read, the ring goes round: it is overwritten, and so would be those behind it.
  consumer.poll(() => offer(NSLOTS + 4), { limit: 1, settled });
  expect(accepted).toEqual([]);
  expect(consumer.counters.of.changed.value).toBe(1);
  consumer.poll(() => undefined, { settled });
  expect(accepted).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
  // 1 to 4 had no place among those that waited, 5 to 11 were skipped.
  expect(consumer.counters.of.overwritten.value).toBe(4);
  expect(consumer.counters.of.resync.value).toBe(7);
  expect(accepted.length + totalLost(consumer.counters)).toBe(producer.counters.of.claimed.value);
});
