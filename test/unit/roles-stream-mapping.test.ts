import { describe, expect, test } from "bun:test";
import { monotonic } from "../../src/aeron/monotonic.ts";
import { ManualClock, processNs } from "../../src/core/clock.ts";
import { consumerCounters } from "../../src/roles/counters.ts";
import { HOST_PORTS } from "../../src/roles/host-ports.ts";
import { StreamMapping } from "../../src/roles/stream-mapping.ts";
import { ShmPoolAnnounceDecoder } from "../../src/sbe/generated/control/index.ts";
import { encodeJson } from "../../src/sbe/index.ts";
import { AllowedBaseDirs, Mapping, type PoolAnnouncement } from "../../src/shm/index.ts";
import type { RegionSet } from "../../src/shm/region-set.ts";
import { announceOf, createSmallStream, STREAM_ID, TemporaryDirectory, tamper } from "../support/shm.ts";

const SECOND_NS = 1e9;

function pathOf(set: RegionSet): string {
  return set.headerRing.uri.slice("shm:file?path=".length);
}

/** A mapping that hears what the test announces, at times that the test chooses. */
class Bench implements Disposable {
  readonly directory = new TemporaryDirectory();
  readonly clock = new ManualClock(processNs());
  readonly counters = consumerCounters();
  readonly events: string[] = [];
  /** What the listener does when something is unmapped. */
  onUnmapping = (): void => {};
  readonly mapping: StreamMapping;
  readonly #sets: RegionSet[] = [];
  readonly #openBefore = Mapping.openCount;

  constructor(needsLease = false) {
    const baseDirs = AllowedBaseDirs.resolve([this.directory.at("base")]);
    const options = { streamId: STREAM_ID, baseDirs, needsLease, clock: this.clock, regions: HOST_PORTS.regions };
    this.mapping = new StreamMapping(options, this.counters, {
      onMapped: () => this.events.push("mapped"),
      onUnmapping: (_reason, end) => {
        this.events.push(end);
        this.onUnmapping();
      },
    });
  }

  /** Regions of an owner that lives now; later ones have higher epochs. */
  owner(name: string, base = "base"): RegionSet {
    const set = createSmallStream(this.directory, {
      baseDir: this.directory.at(base),
      instanceId: `${name}-${STREAM_ID}`,
      startTimestampNs: monotonic.toBigint(this.clock.nanoTime()),
    });
    this.#sets.push(set);
    // Epochs are milliseconds of the wall clock.
    Bun.sleepSync(2);
    return set;
  }

  /** The owner lives, and says where its regions are. */
  announce(set: RegionSet, overrides: Partial<PoolAnnouncement> = {}): void {
    this.live(set);
    this.hear(set, overrides);
  }

  live(set: RegionSet): void {
    const nowNs = this.clock.nanoTime();
    set.refreshActivity(monotonic.high(nowNs), monotonic.low(nowNs));
  }

  /** An announce is read, whenever it was sent. */
  hear(set: RegionSet, overrides: Partial<PoolAnnouncement> = {}): void {
    const { pools, ...fields } = announceOf(set, overrides);
    const bytes = encodeJson("ShmPoolAnnounce", {
      ...fields,
      epoch: String(fields.epoch),
      payloadPools: pools.map((pool) => ({ ...pool })),
    });
    const decoder = new ShmPoolAnnounceDecoder();
    expect(decoder.wrap(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length)).toBeNull();
    this.mapping.onAnnounce(decoder);
  }

  pass(seconds: number): void {
    this.clock.advance(seconds * SECOND_NS);
    this.mapping.doWork(this.clock.nanoTime());
  }

  get epoch(): number | null {
    const { stream } = this.mapping;
    return stream === null ? null : Number(stream.epoch);
  }

  /** Mappings of the reader. */
  get openCount(): number {
    return Mapping.openCount - this.#openBefore - 2 * this.#sets.length;
  }

  [Symbol.dispose](): void {
    this.onUnmapping = () => {};
    this.mapping.unmap("the test is over");
    for (const set of this.#sets) set.close();
    this.directory[Symbol.dispose]();
  }
}

test("D-14: once it is closed nothing is mapped, though announces and a lease may still come", () => {
  using bench = new Bench();
  const owner = bench.owner("owner");
  bench.announce(owner);
  bench.mapping.close("the consumer closes");
  bench.announce(owner);
  bench.announce(bench.owner("next"));
  bench.mapping.grant(announceOf(owner));
  expect(bench.events).toEqual(["mapped", "remap"]);
  expect([bench.epoch, bench.openCount]).toEqual([null, 0]);
});

describe("W-22, W-31: an announce that cannot be mapped", () => {
  test("does not end the reading of the living epoch, whichever of the two is higher", () => {
    using bench = new Bench();
    const before = bench.owner("before", "elsewhere");
    const living = bench.owner("living");
    const after = bench.owner("after", "elsewhere");
    bench.announce(living);
    for (const other of [before, after, before, after]) {
      bench.announce(other);
      bench.announce(living);
      bench.pass(0.5);
      expect(bench.epoch).toBe(living.epoch);
    }
    expect(bench.events).toEqual(["mapped"]);
    expect([bench.mapping.state, bench.mapping.refusal]).toEqual(["mapped", null]);
    // The lower one is not even looked at.
    expect(bench.counters.of.regionsRefused.value).toBe(1);
    expect(bench.openCount).toBe(2);
  });

  test("does not end it under the same epoch either: it is another owner's", () => {
    using bench = new Bench();
    const living = bench.owner("living");
    const other = bench.owner("other", "elsewhere");
    bench.announce(living);
    bench.hear(other, { epoch: BigInt(living.epoch) });
    bench.announce(living);
    expect(bench.events).toEqual(["mapped"]);
    expect(bench.counters.of.regionsRefused.value).toBe(1);
  });

  test("is refused by name while nothing is mapped, and the next that can be mapped is", () => {
    using bench = new Bench();
    const elsewhere = bench.owner("elsewhere", "elsewhere");
    const living = bench.owner("living");
    bench.announce(elsewhere);
    expect([bench.mapping.state, bench.mapping.refusal?.rule]).toEqual(["failed", "W-26"]);
    bench.announce(living);
    expect([bench.mapping.state, bench.mapping.refusal]).toEqual(["mapped", null]);
  });
});

describe("W-08: an announce of an owner that is dead", () => {
  test("is not followed while another lives: its regions give no sign of life, or say that it has ended", () => {
    using bench = new Bench();
    const living = bench.owner("living");
    const ended = bench.owner("ended");
    const silent = bench.owner("silent");
    ended.refreshActivity(0, 0);
    bench.announce(living);
    for (let second = 0; second < 5; second++) {
      bench.pass(1);
      bench.announce(living);
    }
    bench.hear(ended);
    bench.hear(silent);
    expect(bench.events).toEqual(["mapped"]);
    expect(bench.epoch).toBe(living.epoch);
    expect(bench.openCount).toBe(2);
  });

  test("is not followed by a reader that comes late, which waits for one that lives", () => {
    using bench = new Bench();
    const dead = bench.owner("dead");
    bench.pass(5);
    bench.hear(dead);
    expect([bench.mapping.state, bench.openCount]).toEqual(["unmapped", 0]);
    const living = bench.owner("living");
    bench.announce(living);
    expect(bench.epoch).toBe(living.epoch);
    bench.hear(dead);
    expect(bench.epoch).toBe(living.epoch);
  });
});

describe("W-22, D-13: two owners that live", () => {
  test("the higher epoch is followed without a moment of nothing, and the lower one again after its end", () => {
    using bench = new Bench();
    const first = bench.owner("first");
    const second = bench.owner("second");
    bench.announce(first);
    bench.announce(second);
    bench.announce(first);
    expect(bench.epoch).toBe(second.epoch);
    expect(bench.events).toEqual(["mapped", "followed", "mapped"]);
    // The second gives way; the first has never stopped.
    second.refreshActivity(0, 0);
    bench.pass(1);
    bench.pass(1);
    expect(bench.mapping.hasEnded).toBe(true);
    bench.mapping.unmap("the producer has ended the stream");
    // What the first said before that proves nothing about it now.
    bench.hear(first);
    expect(bench.epoch).toBeNull();
    bench.pass(0.1);
    bench.announce(first);
    expect(bench.epoch).toBe(first.epoch);
    expect(bench.openCount).toBe(2);
  });

  test("the lower one is followed after the owner of the higher one fell silent", () => {
    using bench = new Bench();
    const first = bench.owner("first");
    const second = bench.owner("second");
    bench.announce(second);
    for (let passed = 0; passed < 5; passed++) {
      bench.pass(1);
      bench.announce(first);
    }
    bench.pass(1);
    bench.announce(first);
    expect(bench.epoch).toBe(first.epoch);
    expect(bench.events).toEqual(["mapped", "lost", "mapped"]);
  });
});

describe("what else ends a mapping", () => {
  test("W-08: another pid under the same epoch: two write there, and only another epoch is mapped", () => {
    using bench = new Bench();
    const owner = bench.owner("owner");
    bench.announce(owner);
    tamper(pathOf(owner), (view) => view.setBigUint64(40, 1n, true));
    bench.announce(owner);
    bench.announce(owner);
    expect(bench.epoch).toBeNull();
    expect(bench.counters.of.ownersLost.value).toBe(1);
    const next = bench.owner("owner-again");
    bench.announce(next);
    expect(bench.epoch).toBe(next.epoch);
  });

  test("W-07: a superblock that no longer agrees with its announce, at the next announce", () => {
    using bench = new Bench();
    const owner = bench.owner("owner");
    bench.announce(owner);
    tamper(pathOf(owner), (view) => view.setUint32(28, 16, true));
    bench.announce(owner);
    expect([bench.mapping.state, bench.mapping.refusal?.message]).toEqual([
      "failed",
      expect.stringContaining("nslots"),
    ]);
    expect(bench.counters.of.regionsRefused.value).toBe(1);
  });

  test("files that were removed by hand do not: their owner writes on", () => {
    using bench = new Bench();
    const living = bench.owner("living");
    bench.announce(living);
    living.directory.directory.child(`epoch-${living.epoch}`).removeFile("header.ring");
    bench.announce(living);
    expect(bench.events).toEqual(["mapped"]);
  });

  test("D-14: a listener that throws does not keep the regions mapped", () => {
    for (const end of ["unmap", "remap", "revoke", "follow"] as const) {
      using bench = new Bench();
      const first = bench.owner("first");
      const second = bench.owner("second");
      bench.announce(first);
      bench.onUnmapping = () => {
        throw new Error("a listener's own");
      };
      expect(() => (end === "follow" ? bench.announce(second) : bench.mapping[end]("the end"))).toThrow("own");
      expect([bench.epoch, bench.openCount]).toEqual([null, 0]);
      bench.onUnmapping = () => {};
      bench.announce(second);
      expect(bench.epoch).toBe(second.epoch);
    }
  });
});
