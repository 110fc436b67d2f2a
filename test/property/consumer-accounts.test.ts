import { expect, test } from "bun:test";
import fc from "fast-check";
import { SystemClock } from "../../src/core/clock.ts";
import { consumerCounters, totalLost } from "../../src/roles/counters.ts";
import { DescriptorIntake } from "../../src/roles/descriptor-intake.ts";
import { FrameReader } from "../../src/roles/frame-reader.ts";
import { FrameDescriptorEncoder } from "../../src/sbe/generated/control/index.ts";
import { HeaderRing } from "../../src/shm/header-ring.ts";
import type { MappedStream } from "../../src/shm/index.ts";
import type { Mapping } from "../../src/shm/mapping.ts";

const STREAM_ID = 10_000;
const NSLOTS = 8;
const HEADER_SLOT_BYTES = 256;
const POOL_AND_DTYPE_BYTE = 40;

/** What becomes of one claim. */
type Claim = "published" | "unsent" | "aborted";
type Step =
  | { readonly do: "claim"; readonly what: Claim }
  | { readonly do: "deliver" | "overrun" | "take"; readonly count: number }
  | { readonly do: "drop before newest" | "unmap" | "forbid" | "map" | "tell seq" | "repeat a descriptor" | "lie" }
  | { readonly do: "begin epoch"; readonly after: "ended" | "lost" | "followed" };

const ANY_STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("claim" as const),
      what: fc.constantFrom<Claim>("published", "published", "published", "unsent", "aborted"),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom("deliver" as const, "deliver" as const, "overrun" as const, "take" as const),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("unmap" as const, "map" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "drop before newest" as const,
        "forbid" as const,
        "tell seq" as const,
        "repeat a descriptor" as const,
        "lie" as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("begin epoch" as const),
      after: fc.constantFrom("ended" as const, "lost" as const, "followed" as const),
    }),
  },
);

/** One epoch as its producer writes it. */
class Epoch {
  readonly id: bigint;
  readonly ring: HeaderRing;
  readonly reader: FrameReader;
  readonly #headers: DataView;
  claimed = 0;
  /** Claims up to the last one that was committed. */
  committed = 0;
  /** Descriptors that were published and not read yet. */
  readonly log: number[] = [];
  /** Seq of the frame from which on all count for the reader; null before there is one. */
  firstSeq: number | null = null;

  constructor(id: bigint) {
    this.id = id;
    const memory = new ArrayBuffer(NSLOTS * HEADER_SLOT_BYTES);
    this.#headers = new DataView(memory);
    const mapping = { address: 0, window: () => memory } as unknown as Mapping;
    this.ring = new HeaderRing(mapping, NSLOTS);
    this.reader = new FrameReader({
      epoch: 1n,
      nslots: NSLOTS,
      headerRing: { mapping },
      pools: [],
    } as unknown as MappedStream);
  }

  claim(what: Claim): void {
    const seq = this.claimed++;
    const index = this.ring.indexOf(seq);
    this.ring.markWriting(index, seq);
    if (what === "aborted") return;
    this.#headers.setInt32(index * HEADER_SLOT_BYTES + POOL_AND_DTYPE_BYTE, 1, true);
    this.ring.commit(index, seq);
    this.committed = this.claimed;
    if (what === "published") this.log.push(seq);
  }
}

/** A reader's intake, and what the model knows about which frames count. */
class World {
  readonly counters = consumerCounters();
  readonly #message = new DataView(new ArrayBuffer(64));
  readonly #encoder = new FrameDescriptorEncoder();
  readonly #intake = new DescriptorIntake(
    STREAM_ID,
    this.counters,
    () => {
      this.#intake.end("remap");
      this.#isMapped = false;
    },
    new SystemClock(),
  );
  #epoch = new Epoch(5n);
  #isMapped = false;
  #hasMappedThis = false;
  #hasMapped = false;
  /** Frames that were handled. */
  #handled = 0;
  /** Frames that count, of epochs that are over. */
  #due = 0;
  /** Newest frame that a message or a descriptor told of, or that the ring showed when it was last unmapped. */
  #heardSeq = -1;

  run(steps: readonly Step[]): void {
    this.#map();
    for (const step of steps) this.#do(step);
    this.#finish();
    const { skipped } = this.counters.of;
    expect(this.#handled + skipped.value + totalLost(this.counters)).toBe(this.#due);
  }

  #do(step: Step): void {
    const epoch = this.#epoch;
    switch (step.do) {
      case "claim":
        epoch.claim(step.what);
        break;
      case "deliver":
        for (let i = 0; i < step.count && epoch.log.length > 0; i++) this.#deliver(epoch.log.shift() as number);
        break;
      case "overrun":
        epoch.log.splice(0, step.count);
        break;
      case "take":
        for (let i = 0; i < step.count && this.#intake.length > 0; i++, this.#handled++) this.#intake.take();
        break;
      case "drop before newest":
        this.counters.of.resync.add(this.#intake.dropBefore(this.#intake.newestSeq));
        break;
      case "unmap":
        this.#unmap("remap");
        break;
      case "forbid":
        this.#unmap("forbidden");
        break;
      case "map":
        this.#map();
        break;
      case "tell seq":
        this.#intake.onProducerSeq(epoch.id, Math.max(0, epoch.claimed - 1));
        if (!this.#isMapped && epoch.claimed > 1) this.#heardSeq = Math.max(this.#heardSeq, epoch.claimed - 1);
        break;
      case "repeat a descriptor":
        if (this.#isMapped && epoch.firstSeq !== null && this.#intake.newestSeq >= 0)
          this.#send(this.#intake.newestSeq);
        break;
      case "lie":
        // Of a frame that was never claimed: only a mapped ring can tell.
        if (this.#isMapped) this.#send(epoch.claimed + 1 + 2 ** 40);
        break;
      case "begin epoch":
        this.#followWith(step.after);
        break;
    }
  }

  /** The epoch ends, and another begins, which is mapped before its first frame. */
  #followWith(after: "ended" | "lost" | "followed"): void {
    const epoch = this.#epoch;
    // Whatever is under way is read before the end counts.
    if (this.#isMapped && after === "ended") while (epoch.log.length > 0) this.#deliver(epoch.log.shift() as number);
    this.#due += this.#dueOf(after);
    this.#unmap(after);
    this.#epoch = new Epoch(epoch.id + 1n);
    this.#hasMappedThis = false;
    this.#heardSeq = -1;
    this.#map();
  }

  #finish(): void {
    this.#followWith("ended");
    this.#intake.end("left");
    this.#intake.close();
  }

  /** How many frames of the epoch count when it ends now. */
  #dueOf(after: "ended" | "lost" | "followed"): number {
    const { firstSeq, claimed, committed } = this.#epoch;
    if (firstSeq === null) return 0;
    const newest = this.#isMapped ? this.#intake.newestSeq : this.#heardSeq;
    if (!this.#isMapped) return Math.max(0, newest - firstSeq + 1);
    return Math.max(newest + 1, after === "ended" ? claimed : committed) - firstSeq;
  }

  #map(): void {
    if (this.#isMapped) return;
    const { id, reader } = this.#epoch;
    this.#intake.begin(id, reader);
    this.#isMapped = true;
    if (!this.#hasMappedThis && reader.isUntouched) this.#epoch.firstSeq = 0;
    this.#hasMappedThis = true;
    this.#hasMapped = true;
  }

  #unmap(end: "remap" | "forbidden" | "ended" | "lost" | "followed"): void {
    if (!this.#isMapped) return;
    this.#heardSeq = Math.max(this.#intake.newestSeq, this.#epoch.committed - 1);
    this.#intake.end(end);
    this.#isMapped = false;
  }

  #deliver(seq: number): void {
    if (this.#hasMapped && this.#epoch.firstSeq === null) this.#epoch.firstSeq = seq;
    if (!this.#isMapped) this.#heardSeq = Math.max(this.#heardSeq, seq);
    this.#send(seq);
  }

  #send(seq: number): void {
    const wasMapped = this.#isMapped;
    this.#encoder.wrap(this.#message, 0, 64).setStreamId(STREAM_ID).setEpochBigint(this.#epoch.id);
    this.#encoder.setSeqNumber(seq).setHeaderIndex(this.#epoch.ring.indexOf(seq));
    const { newestSeq } = this.#intake;
    this.#intake.onMessage(this.#message, 0, FrameDescriptorEncoder.ENCODED_LENGTH);
    // A seq that came twice has unmapped it.
    if (wasMapped && !this.#isMapped) this.#heardSeq = Math.max(newestSeq, this.#epoch.committed - 1);
  }
}

test("W-19, W-22, W-23: each frame from the first of an epoch to the last that is known has one outcome, over every way to stop reading and begin again", () => {
  fc.assert(
    fc.property(fc.array(ANY_STEP, { maxLength: 120 }), (steps) => new World().run(steps)),
    { numRuns: 2000 },
  );
});
