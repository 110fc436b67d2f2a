import { describe, expect, test } from "bun:test";
import { DTYPE_NAMES, DTYPES } from "../../src/protocol/dtype.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import type { Frame } from "../../src/roles/frame.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { Rig } from "../support/rig.ts";

const BYTES_16 = new Uint8Array(16);

/** Publishes frames whose first byte is their number, from `from` on. */
function offerMany(producer: Producer, count: number, from = 0): void {
  for (let n = from; n < from + count; n++) {
    BYTES_16[0] = n;
    expect(producer.offer(BYTES_16, { dtype: "uint8", dims: [16] })).toBe("published");
  }
}

/** Polls until nothing has come for a while; returns the seqs of the frames that were accepted. */
function drain(rig: Rig, consumer: Consumer): number[] {
  const seqs: number[] = [];
  let quiet = 0;
  while (quiet < 50) {
    rig.step();
    const handled = consumer.poll(() => undefined, { settled: (seq, isIntact) => isIntact && seqs.push(seq) });
    quiet = handled === 0 ? quiet + 1 : 0;
  }
  return seqs;
}

/** The one frame that is there. */
function readOne<T>(rig: Rig, consumer: Consumer, read: (frame: Frame) => T): T {
  const results: T[] = [];
  rig.until(
    () =>
      consumer.poll(
        (frame) => {
          results.push(read(frame));
        },
        { limit: 1 },
      ) > 0,
    "a frame",
  );
  // The driver sees what was taken, and opens the window again.
  rig.step(2);
  return results[0] as T;
}

describe("frames arrive as they were written", () => {
  test("W-11: every dtype in every number of dimensions, row and column order, values and shape", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    let published = 0;
    for (const dtype of DTYPE_NAMES) {
      for (let ndims = 0; ndims <= 8; ndims++) {
        const dims = [3, 2, 1, 2, 1, 2, 1, 2].slice(0, ndims);
        const elements = dims.reduce((product, dim) => product * dim, 1);
        const bytes = new Uint8Array(Math.ceil((elements * DTYPES[dtype].bits) / 8)).map(
          (_, i) => (i * 7 + ndims) & 255,
        );
        const majorOrder = ndims % 2 === 0 ? "row" : "column";
        expect(producer.offer(bytes, { dtype, dims, majorOrder })).toBe("published");
        const seen = readOne(rig, consumer, (frame) => ({
          seq: frame.seq,
          dtype: frame.dtype,
          dims: [...frame.dims],
          majorOrder: frame.majorOrder,
          bytes: frame.bytes.slice(),
          valuesLength: frame.values.length,
          isContiguous: frame.isContiguous,
          ageNs: frame.ageNs,
        }));
        const perValue = Math.max(1, DTYPES[dtype].bits / 8);
        expect(seen).toEqual({
          seq: published,
          dtype,
          dims,
          majorOrder,
          bytes,
          valuesLength: bytes.length / perValue,
          isContiguous: true,
          ageNs: expect.any(Number),
        });
        expect(seen.ageNs).toBeGreaterThanOrEqual(0);
        published++;
      }
    }
    expect(consumer.counters.of.accepted.value).toBe(published);
    expect(totalLost(consumer.counters)).toBe(0);
  });

  test("W-12: an empty frame and an array with a dimension of 0 are accepted, and no byte is read", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    producer.offer(new Uint8Array(0), { dtype: "float64", dims: [0, 5] });
    expect(readOne(rig, consumer, (frame) => [frame.byteLength, frame.bytes.length, frame.dims])).toEqual([
      0,
      0,
      [0, 5],
    ]);
    expect(consumer.counters.of.accepted.value).toBe(1);
  });

  test("W-10: explicit strides travel, and a consumer sees that the array is not contiguous", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const shape = { dtype: "uint16", dims: [2, 3], strides: [8, 2] } as const;
    producer.offer(new Uint8Array(14), shape);
    expect(readOne(rig, consumer, (frame) => [[...frame.strides], frame.isContiguous])).toEqual([[8, 2], false]);
    producer.offer(new Uint8Array(12), { ...shape, strides: [6, 2] });
    expect(readOne(rig, consumer, (frame) => frame.isContiguous)).toBe(true);
  });

  test("W-47: a timestamp that the writer gives is exact to the nanosecond beyond 2^53", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const timestampNs = 2n ** 53n + 1n;
    producer.offer(BYTES_16, { dtype: "bytes", dims: [16], timestampNs });
    expect(readOne(rig, consumer, (frame) => frame.timestampNs)).toBe(timestampNs);
  });

  test("W-45: frames name the attributes that they go with, also after these were replaced", async () => {
    await using rig = new Rig();
    const text = (value: string) => ({ key: "unit", format: "text/plain", value: new TextEncoder().encode(value) });
    const { producer, consumer } = rig.pair({ attributes: [text("mm")] });
    offerMany(producer, 1);
    producer.setAttributes([text("m")]);
    offerMany(producer, 1);
    rig.settle();
    const unitOf = (frame: Frame) => new TextDecoder().decode(frame.attributes.find((a) => a.key === "unit")?.value);
    expect(readOne(rig, consumer, unitOf)).toBe("mm");
    expect(readOne(rig, consumer, unitOf)).toBe("m");
  });
});

describe("claims", () => {
  test("W-05: a frame goes to the smallest pool that holds it; one larger than every pool is dropped and takes no seq", async () => {
    await using rig = new Rig();
    const pools = [
      { poolId: 9, strideBytes: 16_384 },
      { poolId: 4, strideBytes: 4096 },
    ];
    const { producer, consumer } = rig.pair({}, { pools });
    const poolOf = (byteLength: number): number => {
      expect(producer.offer(new Uint8Array(byteLength), { dtype: "uint8", dims: [byteLength] })).toBe("published");
      return readOne(rig, consumer, (frame) => frame.header.poolId);
    };
    expect([1, 4096, 4097, 16_384].map(poolOf)).toEqual([4, 4, 9, 9]);
    expect(producer.offer(new Uint8Array(16_385), { dtype: "uint8", dims: [16_385] })).toBe("no-pool");
    expect(producer.counters.of.noPool.value).toBe(1);
    offerMany(producer, 1);
    expect(readOne(rig, consumer, (frame) => frame.seq)).toBe(4);
    expect(totalLost(consumer.counters)).toBe(0);
  });

  test("W-19: an aborted claim, given up or left by a using block, is a gap", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offerMany(producer, 1);
    producer.tryClaim(16)?.abort();
    {
      using claim = producer.tryClaim(16);
      claim?.bytes.fill(1);
    }
    offerMany(producer, 1);
    expect(drain(rig, consumer)).toEqual([0, 3]);
    expect(consumer.counters.of.gap.value).toBe(2);
    expect(producer.counters.of.aborted.value).toBe(2);
  });

  test("several claims are published in the order in which they were claimed, whichever is ready first", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const claims = [16, 16, 16, 16].map((byteLength) => producer.tryClaim(byteLength));
    const shape = { dtype: "uint8", dims: [16] } as const;
    claims[2]?.commit(shape);
    claims[1]?.commit(shape);
    expect(drain(rig, consumer)).toEqual([]);
    claims[0]?.commit(shape);
    expect(drain(rig, consumer)).toEqual([0, 1, 2]);
    claims[3]?.abort();
    offerMany(producer, 1);
    expect(drain(rig, consumer)).toEqual([4]);
    expect(consumer.counters.of.gap.value).toBe(1);
  });

  test("with every slot claimed a further claim is refused, until the oldest is given back", async () => {
    await using rig = new Rig();
    const { producer } = rig.pair();
    const claims = Array.from({ length: 8 }, () => producer.tryClaim(1));
    expect(claims.every((claim) => claim !== null)).toBe(true);
    expect(producer.tryClaim(1)).toBeNull();
    expect(producer.lastRefusal).toBe("slots-busy");
    claims[3]?.abort();
    expect(producer.tryClaim(1)).toBeNull();
    claims[0]?.abort();
    expect(producer.tryClaim(1)?.seq).toBe(8);
    expect(producer.counters.of.slotsBusy.value).toBe(2);
  });

  test("a claim that has ended refuses to be filled, committed or read; abort and dispose do nothing", async () => {
    await using rig = new Rig();
    const { producer } = rig.pair();
    const claim = producer.tryClaim(16);
    claim?.commit({ dtype: "uint8", dims: [16] });
    const ended = expect.objectContaining({ code: "claim-ended" });
    expect(() => claim?.bytes).toThrow(ended);
    expect(() => claim?.address).toThrow(ended);
    expect(() => claim?.values("uint8")).toThrow(ended);
    expect(() => claim?.commit({ dtype: "uint8", dims: [16] })).toThrow(ended);
    claim?.abort();
    claim?.[Symbol.dispose]();
    expect(producer.counters.of.aborted.value).toBe(0);
    const kept = producer.tryClaim(16);
    await producer.onClose();
    expect(() => kept?.bytes).toThrow(ended);
    expect(producer.tryClaim(16)).toBeNull();
    expect(producer.lastRefusal).toBe("closed");
  });

  test("W-11: a shape that does not fit its slot's bytes is refused and names both sizes; the claim stays", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    const claim = producer.tryClaim(16);
    expect(() => claim?.commit({ dtype: "uint16", dims: [9] })).toThrow(
      "expected a shape of at most 16 bytes, found one of 18",
    );
    expect(() => claim?.commit({ dtype: "uint8", dims: [1, 1, 1, 1, 1, 1, 1, 1, 1] })).toThrow(
      "at most 8 dims, found 9",
    );
    expect(() => claim?.commit({ dtype: "uint8", dims: [-1] })).toThrow("found -1");
    claim?.commit({ dtype: "uint16", dims: [8] });
    expect(() => producer.offer(BYTES_16, { dtype: "uint8", dims: [17] })).toThrow("found one of 17");
    offerMany(producer, 1);
    expect(drain(rig, consumer)).toEqual([0, 2]);
  });
});

describe("reading", () => {
  test("a frame that is used after its handler returned is an error, not memory of another frame", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offerMany(producer, 1);
    const kept = readOne(rig, consumer, (frame) => frame);
    const ended = expect.objectContaining({ code: "frame-ended" });
    expect(() => kept.bytes).toThrow(ended);
    expect(() => kept.values).toThrow(ended);
    expect(() => kept.copyTo(new Uint8Array(16))).toThrow(ended);
    expect(kept.isIntact()).toBe(false);
  });

  test("W-16: a frame overwritten while it is read says so, its copy says so, and it counts as changed", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offerMany(producer, 1, 7);
    const target = new Uint8Array(20);
    const outcomes: unknown[] = [];
    rig.until(
      () =>
        consumer.poll(
          (frame) => {
            outcomes.push(frame.isIntact(), frame.copyTo(target), target[0]);
            expect(() => frame.copyTo(new Uint8Array(15))).toThrow("copyTo: expected at least 16 bytes, found 15");
            // The next round of the ring takes the slot.
            for (let n = 0; n < 8; n++) producer.tryClaim(16)?.abort();
            outcomes.push(frame.isIntact(), frame.copyTo(target));
          },
          { settled: (seq, isIntact) => outcomes.push([seq, isIntact]) },
        ) > 0,
      "the frame",
    );
    expect(outcomes).toEqual([true, true, 7, false, false, [0, false]]);
    expect(consumer.counters.of.changed.value).toBe(1);
    expect(consumer.counters.of.accepted.value).toBe(0);
  });

  test("an exception of the handler comes out of poll, after its frame was settled; the rest is there at the next poll", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offerMany(producer, 3);
    rig.settle();
    const settled: unknown[] = [];
    const explode = () => {
      throw new Error("a handler's own");
    };
    expect(() => consumer.poll(explode, { settled: (seq, isIntact) => settled.push([seq, isIntact]) })).toThrow(
      "a handler's own",
    );
    expect(settled).toEqual([[0, true]]);
    expect(drain(rig, consumer)).toEqual([1, 2]);
    expect(consumer.counters.of.accepted.value).toBe(3);
  });

  test("W-40: LATEST takes the newest at each poll; what it skips is no loss", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 16 }, { mode: "latest" });
    offerMany(producer, 5);
    rig.settle();
    expect(drain(rig, consumer)).toEqual([4]);
    expect(consumer.counters.of.skipped.value).toBe(4);
    expect(totalLost(consumer.counters)).toBe(0);
  });

  test("W-20: descriptors that are older than the ring holds are skipped without reading", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    // Descriptors are taken, window by window, and none is handled: the second round overwrites frames of the first.
    for (const count of [4, 4, 4, 2]) {
      offerMany(producer, count);
      consumer.poll(() => undefined, { limit: 0 });
      rig.step(5);
    }
    const seqs = drain(rig, consumer);
    expect(seqs).toEqual([6, 7, 8, 9, 10, 11, 12, 13]);
    expect(consumer.counters.of.overwritten.value).toBe(6);
    expect(consumer.counters.of.accepted.value + totalLost(consumer.counters)).toBe(14);
  });

  test("W-20: a reader further behind than it wants to be goes to the newest and counts what it left out", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 16 }, { maxOutstandingSeqGap: 2 });
    offerMany(producer, 7);
    rig.settle();
    const seqs = drain(rig, consumer);
    expect(consumer.counters.of.resync.value).toBe(6);
    expect(seqs).toEqual([6]);
  });

  test("frames can be dropped unread under a cause of the caller's", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair();
    offerMany(producer, 2);
    rig.until(() => consumer.skip("sinkTooSlow"), "a descriptor");
    expect(drain(rig, consumer)).toEqual([1]);
    expect(consumer.skip("sinkTooSlow")).toBe(false);
    expect(consumer.counters.of.sinkTooSlow.value).toBe(1);
  });
});

describe("the numbers add up", () => {
  test("claimed = published + aborted + unpublished, and published = accepted + every cause, under random use", async () => {
    await using rig = new Rig();
    const { producer, consumer } = rig.pair({}, { nslots: 16 });
    let random = 12_345;
    const next = (below: number): number => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      return (random >>> 8) % below;
    };
    for (let round = 0; round < 3000; round++) {
      switch (next(6)) {
        case 0:
          producer.tryClaim(16)?.abort();
          break;
        case 1:
          consumer.poll(() => (next(8) === 0 ? "sinkRefused" : undefined), { limit: 1 + next(4) });
          break;
        case 2:
          rig.step();
          break;
        default:
          producer.offer(BYTES_16, { dtype: "uint8", dims: [16] });
      }
    }
    drain(rig, consumer);
    // A last frame shows the gap before it.
    rig.until(() => producer.offer(BYTES_16, { dtype: "uint8", dims: [16] }) === "published", "room for a last one");
    drain(rig, consumer);
    const made = producer.counters.snapshot();
    expect(made.claimed).toBeGreaterThan(1000);
    expect(made.claimed).toBe(
      made.published + made.aborted + made.descriptorBackPressured + made.descriptorNotConnected,
    );
    const { accepted } = consumer.counters.snapshot();
    expect(accepted).toBeGreaterThan(100);
    expect(accepted + totalLost(consumer.counters)).toBe(made.claimed);
  });
});
