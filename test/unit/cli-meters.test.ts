import { describe, expect, test } from "bun:test";
import { frameRate, Spread } from "../../src/observe/frame-statistics.ts";
import type { KnownStream } from "../../src/observe/known-streams.ts";
import { NO_FRAME, RingFollower } from "../../src/observe/ring-follower.ts";
import { StreamMeter } from "../../src/observe/stream-meter.ts";
import { FrameHeader } from "../../src/protocol/frame-header.ts";
import { HeaderRing } from "../../src/shm/header-ring.ts";
import { AllowedBaseDirs, type RegionSet } from "../../src/shm/index.ts";
import { announceOf, createSmallStream, STREAM_ID, TemporaryDirectory } from "../support/shm.ts";

const FRAME_NS = 1e6;

/** A ring of 8 slots, written by hand, and a follower of it. */
class Ring implements Disposable {
  readonly directory = new TemporaryDirectory();
  readonly set: RegionSet;
  readonly baseDirs: AllowedBaseDirs;
  readonly #ring: HeaderRing;

  constructor() {
    this.set = createSmallStream(this.directory);
    this.baseDirs = AllowedBaseDirs.resolve([this.directory.path]);
    this.#ring = new HeaderRing(this.set.headerRing.mapping, this.set.nslots);
    this.set.refreshActivity(0, 1);
  }

  follow(): RingFollower {
    return RingFollower.map(announceOf(this.set), this.baseDirs);
  }

  stream(overrides: Partial<KnownStream> = {}): KnownStream {
    const announcement = announceOf(this.set);
    const { producerId, epoch } = announcement;
    return {
      streamId: STREAM_ID,
      name: "test",
      summary: "",
      producerId,
      epoch,
      announcement,
      signNs: null,
      meta: null,
      ...overrides,
    };
  }

  /** Marks the slot, and commits a frame of `byteLength` bytes that was claimed a millisecond after the one before. */
  commit(seq: number, byteLength = 100): void {
    this.claim(seq);
    const header = Object.assign(new FrameHeader(), { frameId: seq, dtype: 1, majorOrder: 1, poolId: 1 });
    header.timestampHigh = 1;
    header.timestampLow = seq * FRAME_NS;
    header.valuesLenBytes = byteLength;
    this.#ring.writeHeader(seq % 8, header);
    this.#ring.commit(seq % 8, seq);
  }

  claim(seq: number): void {
    this.#ring.markWriting(seq % 8, seq);
  }

  [Symbol.dispose](): void {
    this.set.close();
    this.directory[Symbol.dispose]();
  }
}

function seen(follower: RingFollower): number[] {
  const seqs: number[] = [];
  follower.look((seq, header) => {
    expect(header.frameId).toBe(seq);
    seqs.push(seq);
  });
  return seqs;
}

describe("following a header ring", () => {
  test("sees each committed frame once, from the first on", () => {
    using ring = new Ring();
    using follower = ring.follow();
    expect([seen(follower), follower.newestSeq]).toEqual([[], NO_FRAME]);
    ring.commit(0);
    ring.commit(1);
    expect(seen(follower)).toEqual([0, 1]);
    expect(seen(follower)).toEqual([]);
    ring.claim(2);
    expect(seen(follower)).toEqual([]);
    ring.commit(2);
    expect([seen(follower), follower.newestSeq]).toEqual([[2], 2]);
  });

  test("a slot of zeros is no frame 0", () => {
    using ring = new Ring();
    using follower = ring.follow();
    follower.skipToNewest();
    expect(follower.newestSeq).toBe(NO_FRAME);
  });

  test("begins at the newest frame when it is told to", () => {
    using ring = new Ring();
    for (let seq = 0; seq < 13; seq++) ring.commit(seq);
    using follower = ring.follow();
    follower.skipToNewest();
    expect(follower.newestSeq).toBe(12);
    ring.commit(13);
    expect(seen(follower)).toEqual([13]);
  });

  test("continues near the newest frame when it was overtaken, and knows how many it did not see", () => {
    using ring = new Ring();
    using follower = ring.follow();
    ring.commit(0);
    expect(seen(follower)).toEqual([0]);
    for (let seq = 1; seq < 101; seq++) ring.commit(seq);
    expect([seen(follower), follower.newestSeq]).toEqual([[97, 98, 99, 100], 100]);
  });

  test("a claim that was given up holds it up no longer than until the next frame", () => {
    using ring = new Ring();
    using follower = ring.follow();
    ring.commit(0);
    ring.claim(1);
    expect(seen(follower)).toEqual([0]);
    ring.commit(2);
    expect([seen(follower), follower.newestSeq]).toEqual([[2], 2]);
  });
});

describe("a meter", () => {
  test("counts frames, bytes and intervals of one reading, from its beginning on", () => {
    using ring = new Ring();
    for (let seq = 0; seq < 5; seq++) ring.commit(seq, 77);
    using meter = new StreamMeter(ring.stream(), ring.baseDirs);
    meter.read(0);
    for (const [seq, bytes] of [
      [5, 100],
      [6, 300],
      [7, 200],
    ] as const) {
      ring.commit(seq, bytes);
      meter.look();
    }
    const reading = meter.read(10e6);
    expect(reading).toMatchObject({ streamId: STREAM_ID, name: "test", frames: 3, seen: 3 });
    expect(reading.intervalNs).toEqual({ min: FRAME_NS, max: FRAME_NS, mean: FRAME_NS, deviation: 0 });
    expect(reading.frameBytes).toMatchObject({ min: 100, max: 300, mean: 200 });
    expect(reading.framesPerSecond).toBeCloseTo(300);
    expect(reading.bytesPerSecond).toBeCloseTo(300 * 200);
    expect(meter.read(20e6)).toMatchObject({
      frames: 0,
      seen: 0,
      framesPerSecond: 0,
      intervalNs: null,
      frameBytes: null,
    });
  });

  test("counts frames that it was too slow to see", () => {
    using ring = new Ring();
    using meter = new StreamMeter(ring.stream(), ring.baseDirs);
    meter.read(0);
    for (let seq = 0; seq < 100; seq++) ring.commit(seq);
    expect(meter.read(1e9)).toMatchObject({ frames: 100, seen: 4 });
  });

  test("says why nothing is measured", () => {
    using ring = new Ring();
    const note = (stream: KnownStream, baseDirs = ring.baseDirs): string | null => {
      using meter = new StreamMeter(stream, baseDirs);
      return meter.read(0).note;
    };
    expect(note(ring.stream({ announcement: null }))).toBe("no regions were announced yet");
    expect(note(ring.stream(), AllowedBaseDirs.resolve(["/proc/1"]))).toContain("region refused");
    ring.set.refreshActivity(0, 0);
    expect(note(ring.stream())).toBe("the stream has ended");
  });

  test("continues with the next epoch, from its first frame on", () => {
    using ring = new Ring();
    // Epochs of different instances may be the same within a millisecond.
    while (Date.now() <= ring.set.epoch) Bun.sleepSync(1);
    using next = new Ring();
    ring.commit(0);
    const baseDirs = AllowedBaseDirs.resolve([ring.directory.path, next.directory.path]);
    using meter = new StreamMeter(ring.stream(), baseDirs);
    meter.read(0);
    ring.commit(1);
    next.commit(0);
    next.commit(1);
    meter.onNews(next.stream());
    expect(meter.read(1e9)).toMatchObject({ frames: 3, epoch: BigInt(next.set.epoch) });
  });
});

describe("statistics", () => {
  test("minimum, maximum, mean and standard deviation", () => {
    const spread = new Spread();
    expect([spread.summary(), spread.deviation]).toEqual([null, 0]);
    for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) spread.add(value);
    expect(spread.summary()).toEqual({ min: 2, max: 9, mean: 5, deviation: 2 });
    spread.clear();
    expect(spread.summary()).toBeNull();
  });

  test("a rate is reported by the frames' timestamps where they tell our time, else by our clock", () => {
    // Thirty frames a second, looked at a frame too late: their stamps know better.
    expect(frameRate(30, 1.02e9, 1e9, 25e6)).toBeCloseTo(30, 6);
    // A device's clock that runs a thousand times as fast.
    expect(frameRate(30, 1e9, 1e12, 25e6)).toBeCloseTo(30, 6);
    // Half of the time nothing came.
    expect(frameRate(100, 1e9, 0.5e9, 25e6)).toBe(100);
    expect(frameRate(5, 1e9, Number.NaN, 25e6)).toBe(5);
    expect([frameRate(0, 1e9, 0, 25e6), frameRate(3, 0, 0, 25e6)]).toEqual([0, 0]);
  });
});
