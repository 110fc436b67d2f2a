import { describe, expect, test } from "bun:test";
import type { Producer } from "../../src/roles/producer.ts";
import { HeaderRing } from "../../src/shm/header-ring.ts";
import { Rig } from "../support/rig.ts";
import { createSmallStream, STREAM_ID, TemporaryDirectory } from "../support/shm.ts";
import { settle, voice } from "./wiretap.ts";

const CACHE_LINE_BYTES = 64;
const SHAPE = { dtype: "uint8", dims: [4] } as const;
const BYTES = new Uint8Array(4);

/** A second eye on the producer's own header ring. */
function ringOf(producer: Producer): HeaderRing {
  return new HeaderRing(producer.regions.headerRing.mapping, producer.regions.nslots);
}

test("W-14: every commit word is aligned to 8 bytes and lies in one cache line", () => {
  using directory = new TemporaryDirectory();
  using regions = createSmallStream(directory, { nslots: 64 });
  for (let i = 0; i < 64; i++) {
    const address = regions.headerRing.mapping.address + 64 + i * 256;
    expect(address % 8).toBe(0);
    expect(Math.floor(address / CACHE_LINE_BYTES)).toBe(Math.floor((address + 7) / CACHE_LINE_BYTES));
  }
});

describe("the producer's side", () => {
  test("W-15: a claim marks its slot as being written at once, and a commit as frame seq; slots follow seq", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    const ring = ringOf(producer);
    for (let seq = 0; seq < 20; seq++) {
      const claim = producer.tryClaim(4);
      expect(claim?.index).toBe(seq % 8);
      expect(ring.loadCommitWord(seq % 8)).toBe(seq * 2 + 1);
      if (seq % 3 === 2) claim?.abort();
      else claim?.commit(SHAPE);
      // An aborted one stays marked: nobody takes it for a frame.
      expect(ring.loadCommitWord(seq % 8)).toBe(seq % 3 === 2 ? seq * 2 + 1 : seq * 2);
    }
  });

  test("W-15: every header field is filled again, whatever was there", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    const words = new Uint32Array(producer.regions.headerRing.mapping.window(64, 8 * 256));
    words.fill(0xffff_ffff);
    producer.tryClaim(4)?.commit({ ...SHAPE, timestampNs: 5n });
    // frameId, timestamp, metaVersion, valuesLenBytes, payloadSlot, payloadOffset; dims and strides, beyond ndims 0.
    expect([...words.subarray(0, 10)]).toEqual([0, 0, 0, 0, 5, 0, 1, 4, 0, 0]);
    expect([...words.subarray(12, 28)]).toEqual([4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("W-18: a producer of live frames overwrites a ring without a reader, without waiting for a reader", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    for (let n = 0; n < 1000; n++) producer.offer(BYTES, SHAPE);
    expect(producer.counters.of.claimed.value).toBe(1000);
    expect(producer.counters.of.slotsBusy.value).toBe(0);
    expect(producer.counters.of.waits.value).toBe(0);
    const ring = ringOf(producer);
    for (let seq = 992; seq < 1000; seq++) expect(ring.loadCommitWord(seq % 8)).toBe(seq * 2);
    expect(consumer.isMapped).toBe(true);
  });
});

describe("the consumer's side", () => {
  test("W-17: a frame that is being written is dropped as odd in the same poll; no reader waits for its commit", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const send = voice(rig, "descriptor");
    const claim = producer.tryClaim(4);
    const descriptor = { streamId: STREAM_ID, epoch: String(producer.epoch), headerIndex: 0, timestampNs: null };
    send("FrameDescriptor", { ...descriptor, seq: "0", metaVersion: null });
    rig.until(() => consumer.poll(() => undefined) > 0, "the descriptor");
    expect(consumer.counters.of.odd.value).toBe(1);
    claim?.commit(SHAPE);
    settle(rig);
    // It was dropped for good: committed later, it is not looked for again.
    expect(consumer.counters.of.accepted.value).toBe(0);
  });

  test("W-17: a commit word lower than the one that is due is stale, and is skipped", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const send = voice(rig, "descriptor");
    expect(producer.offer(BYTES, SHAPE)).toBe("published");
    rig.until(() => consumer.poll(() => undefined) > 0, "the frame");
    const descriptor = { streamId: STREAM_ID, epoch: String(producer.epoch), timestampNs: null, metaVersion: null };
    // One that does not even follow the last is refused before it makes a gap.
    send("FrameDescriptor", { ...descriptor, seq: "8", headerIndex: 0 });
    send("FrameDescriptor", { ...descriptor, seq: "1", headerIndex: 1 });
    rig.until(() => consumer.poll(() => undefined) > 0, "the descriptor");
    const { identity, accepted, gap, messagesRefused } = consumer.counters.snapshot();
    expect({ identity, accepted, gap, messagesRefused }).toEqual({
      identity: 1,
      accepted: 1,
      gap: 0,
      messagesRefused: 1,
    });
  });

  test("W-16: only a slot that holds the descriptor's own frame, before and after it was read, is accepted", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    for (let seq = 0; seq < 3; seq++) producer.offer(BYTES, SHAPE);
    const outcomes: [number, boolean][] = [];
    rig.until(() => {
      consumer.poll(
        (frame) => {
          if (frame.seq === 1) ringOf(producer).markWriting(1, 9);
        },
        { settled: (seq, isIntact) => outcomes.push([seq, isIntact]) },
      );
      return outcomes.length === 3;
    }, "three frames");
    expect(outcomes).toEqual([
      [0, true],
      [1, false],
      [2, true],
    ]);
    expect(consumer.counters.of.changed.value).toBe(1);
  });
});
