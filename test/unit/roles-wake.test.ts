import { expect, test } from "bun:test";
import { FutexWait } from "../../ffi/futex.ts";
import { LONGEST_WAIT_NS } from "../../src/core/wait-point.ts";
import { NextFrame, type WordReaders } from "../../src/roles/next-frame.ts";
import { QUIET_NS, ReaderWake } from "../../src/roles/reader-wake.ts";
import { HeaderRing } from "../../src/shm/header-ring.ts";
import { createSmallStream, TemporaryDirectory } from "../support/shm.ts";

const REST_NS = 1_000_000;
/** Long after a frame. */
const LATER_NS = 1e9;

/** The ring of a stream and a wait for its next frame, which `ends` in the ways given. */
class Bench implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly #regions = createSmallStream(this.#directory);
  readonly ring = new HeaderRing(this.#regions.headerRing.mapping, this.#regions.nslots);
  readonly waits: { slot: number; word: number; limitNs: number }[] = [];
  readonly ends: FutexWait[] = [];
  readonly next: NextFrame;
  readonly mapping: { reader: WordReaders["reader"]; hasEnded: boolean };
  readonly descriptors = { length: 0, newestSeq: -1, isFromStart: true };
  #nowNs = 0;

  constructor() {
    const { ring } = this;
    const reader = {
      isUntouched: true,
      wordOf: (seq: number) => ring.loadCommitWord(ring.indexOf(seq)),
      wordAddressOf: (seq: number) => ring.commitWordAddress(ring.indexOf(seq)),
    };
    this.mapping = { reader, hasEnded: false };
    this.next = new NextFrame(this.mapping, this.descriptors, (address, word, limitNs) => {
      this.waits.push({ slot: (address - ring.commitWordAddress(0)) / 256, word, limitNs });
      return this.ends.shift() ?? FutexWait.TIMED_OUT;
    });
  }

  /** The frame as its producer leaves it. */
  frame(seq: number, isCommitted = true): void {
    this.ring.markWriting(this.ring.indexOf(seq), seq);
    if (isCommitted) this.ring.commit(this.ring.indexOf(seq), seq);
  }

  /** Expects the frame after `newestSeq` long after that one came, and waits for it; null when that cannot be done. */
  wait(newestSeq: number, end: FutexWait = FutexWait.TIMED_OUT): boolean | null {
    this.ends.push(end);
    this.descriptors.newestSeq = newestSeq;
    this.next.pointAt(this.#nowNs);
    this.#nowNs += LATER_NS;
    const point = this.next.pointAt(this.#nowNs);
    return point?.arm() === true ? point.wait(REST_NS) : null;
  }

  [Symbol.dispose](): void {
    this.#regions.close();
    this.#directory[Symbol.dispose]();
  }
}

test("readers are woken after a pause only, and by the word of the first frame that those have not seen who saw all others", () => {
  const woken: number[] = [];
  const wake = new ReaderWake(
    (seq) => seq,
    (address) => void woken.push(address),
  );
  wake.published(-1, 5 * QUIET_NS);
  expect(woken).toEqual([]);
  wake.published(0, 5 * QUIET_NS);
  wake.published(1, 5.5 * QUIET_NS);
  wake.published(5, 6 * QUIET_NS);
  wake.published(5, 20 * QUIET_NS);
  expect(woken).toEqual([0]);
  // Frames 6 and 7 were given up.
  wake.published(8, 20 * QUIET_NS);
  expect(woken).toEqual([0, 6]);
});

test("the next frame is waited for in its slot, also round the ring, whether it is being written or not claimed yet", () => {
  using bench = new Bench();
  expect(bench.wait(-1)).toBe(false);
  for (let seq = 0; seq <= 9; seq++) bench.frame(seq);
  expect(bench.wait(9)).toBe(false);
  bench.frame(10, false);
  expect(bench.wait(9)).toBe(false);
  expect(bench.waits.map(({ slot, word }) => [slot, word])).toEqual([
    [0, 0],
    [2, 4],
    [2, 21],
  ]);
});

test("a frame that is there already is not waited for: its descriptor comes at once, or never", () => {
  using bench = new Bench();
  for (let seq = 0; seq <= 3; seq++) bench.frame(seq);
  expect(bench.wait(2)).toBeNull();
  for (let seq = 4; seq <= 12; seq++) bench.frame(seq);
  expect(bench.wait(2)).toBeNull();
});

test("which frame is the next one is not known before the first descriptor of an epoch that others have read", () => {
  using bench = new Bench();
  bench.descriptors.isFromStart = false;
  expect(bench.wait(-1)).toBeNull();
  expect(bench.wait(3)).toBe(false);
});

test("nothing is waited for until the producer takes the stream for quiet", () => {
  using bench = new Bench();
  bench.descriptors.newestSeq = 3;
  expect(bench.next.pointAt(LATER_NS)).toBeNull();
  expect(bench.next.pointAt(LATER_NS + QUIET_NS)).toBeNull();
  expect(bench.next.pointAt(LATER_NS + 2 * QUIET_NS)).not.toBeNull();
});

test("waits are no longer than rests until the producer has ended one, and again when a frame has come unannounced", () => {
  using bench = new Bench();
  bench.wait(-1);
  expect(bench.wait(-1, FutexWait.WOKEN)).toBe(true);
  bench.frame(0);
  bench.wait(0);
  bench.frame(1);
  bench.wait(1);
  expect(bench.waits.map(({ limitNs }) => limitNs)).toEqual([REST_NS, REST_NS, LONGEST_WAIT_NS, REST_NS]);
});

test("a producer that wakes for frames it has claimed before is not trusted to wake for others", () => {
  using bench = new Bench();
  bench.frame(0, false);
  expect(bench.wait(-1, FutexWait.WOKEN)).toBe(true);
  bench.frame(0);
  bench.wait(0);
  bench.frame(1, false);
  bench.wait(0);
  expect(bench.waits.map(({ limitNs }) => limitNs)).toEqual([REST_NS, REST_NS, LONGEST_WAIT_NS]);
});

test("a frame that was claimed meanwhile ends the wait; a signal does not, and where waiting is refused it is given up", () => {
  using bench = new Bench();
  expect(bench.wait(-1, FutexWait.CHANGED)).toBe(true);
  expect(bench.wait(-1, FutexWait.INTERRUPTED)).toBe(false);
  expect(bench.wait(-1, FutexWait.REFUSED)).toBe(false);
  expect(bench.wait(-1)).toBeNull();
});

test("a wait that was armed for an epoch that has ended does not begin, and the next epoch's producer is trusted only after it woke", () => {
  using bench = new Bench();
  bench.wait(-1, FutexWait.WOKEN);
  expect(bench.next.arm()).toBe(true);
  const { reader } = bench.mapping;
  bench.mapping.reader = null;
  expect(bench.wait(-1)).toBeNull();
  expect(bench.next.wait(REST_NS)).toBe(true);
  bench.mapping.reader = reader === null ? null : { ...reader };
  bench.wait(-1);
  expect(bench.waits.map(({ limitNs }) => limitNs)).toEqual([REST_NS, REST_NS]);
});
