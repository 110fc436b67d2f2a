import { expect, test } from "bun:test";
import { FutexWait } from "../../ffi/futex.ts";
import { QUIET_NS } from "../../src/roles/reader-wake.ts";
import { Rig } from "../support/rig.ts";

const SHAPE = { dtype: "uint8", dims: [16] } as const;
const NSLOTS = 8;
const HEADER_SLOT_BYTES = 256;
const LONG_AFTER_NS = 1e9;

test("a producer calls the kernel for the first frame after a pause only, once its descriptor is published, and no frame is lost", async () => {
  await using rig = new Rig();
  const wakes: { address: number; published: number }[] = [];
  const { producer, consumer } = rig.pair({
    wakeWord: (address) => void wakes.push({ address, published: producer.counters.of.published.value }),
  });
  const startNs = rig.clock.nanoTime() + LONG_AFTER_NS;
  const send = (atNs: number): void => producer.tryClaim(16, startNs + atNs)?.commit(SHAPE);
  for (let i = 0; i < 3; i++) send(i * 1000);
  expect(wakes.length).toBe(1);
  rig.until(() => consumer.poll(() => {}) >= 0 && consumer.counters.of.accepted.value === 3, "three frames");
  rig.settle();
  send(2 * QUIET_NS);
  send(2 * QUIET_NS + 1000);
  expect(wakes.map(({ published }) => published)).toEqual([1, 4]);
  // The word of frame 3: three slots after that of frame 0.
  expect((wakes[1]?.address ?? 0) - (wakes[0]?.address ?? 0)).toBe(3 * HEADER_SLOT_BYTES);
  rig.until(() => consumer.poll(() => {}) >= 0 && consumer.counters.of.accepted.value === 5, "all frames");
  expect(consumer.counters.of.gap.value).toBe(0);
});

test("what a consumer waits for is what its producer wakes, round the ring, and with frames that were given up in between", async () => {
  await using rig = new Rig();
  const woken: number[] = [];
  const waited: number[] = [];
  const { producer, consumer } = rig.pair(
    { wakeWord: (address) => void woken.push(address) },
    { nslots: NSLOTS },
    { waitForWord: (address) => waited.push(address) && FutexWait.TIMED_OUT },
  );
  let nowNs = rig.clock.nanoTime();
  for (let seq = 0; seq < 3 * NSLOTS; seq++) {
    nowNs += LONG_AFTER_NS;
    expect(consumer.nextFrame.pointAt(nowNs)).toBeNull();
    nowNs += LONG_AFTER_NS;
    const next = consumer.nextFrame.pointAt(nowNs);
    expect(next?.arm()).toBe(true);
    next?.wait(1);
    if (seq % 5 === 4) {
      producer.tryClaim(16, nowNs)?.abort();
      seq++;
    }
    producer.tryClaim(16, nowNs)?.commit(SHAPE);
    rig.until(() => consumer.poll(() => {}) > 0, `frame ${seq}`);
    // The window of so small a ring is full after a few frames.
    rig.settle();
  }
  // The region is mapped twice here: what counts is where in it a word is.
  const slots = (addresses: readonly number[]): number[] =>
    addresses.map((address) => (address - (addresses[0] ?? 0)) / HEADER_SLOT_BYTES);
  expect(slots(woken)).toEqual(slots(waited));
  expect(new Set(slots(woken)).size).toBe(NSLOTS);
});

test("nothing is waited for once the stream has ended, or while frames are there to be read", async () => {
  await using rig = new Rig();
  const { producer, consumer } = rig.pair();
  const nowNs = rig.clock.nanoTime();
  consumer.nextFrame.pointAt(nowNs);
  expect(consumer.nextFrame.pointAt(nowNs + LONG_AFTER_NS)).not.toBeNull();
  expect(consumer.waitPoint()).not.toBeNull();
  for (let i = 0; i < 2; i++) producer.tryClaim(16)?.commit(SHAPE);
  rig.until(() => consumer.poll(() => {}, { limit: 1 }) > 0, "the first of two frames");
  expect(consumer.nextFrame.pointAt(nowNs + 2 * LONG_AFTER_NS)).toBeNull();
  rig.until(() => consumer.poll(() => {}) > 0, "the second");
  producer.finish();
  rig.until(() => !consumer.isMapped, "the end of the stream");
  expect(consumer.nextFrame.pointAt(nowNs + 4 * LONG_AFTER_NS)).toBeNull();
  expect(consumer.waitPoint()).toBeNull();
});
