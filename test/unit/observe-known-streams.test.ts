import { describe, expect, test } from "bun:test";
import { monotonic } from "../../src/aeron/monotonic.ts";
import { processNs } from "../../src/core/clock.ts";
import { KnownStreams } from "../../src/observe/known-streams.ts";
import { encodeJson } from "../../src/sbe/index.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import type { RegionSet } from "../../src/shm/region-set.ts";
import { announceOf, createSmallStream, STREAM_ID, TemporaryDirectory } from "../support/shm.ts";

const SECOND_NS = 1e9;

/** Regions of an owner whose last sign of life is so old. */
function owner(directory: TemporaryDirectory, name: string, ageNs = 0): RegionSet {
  const set = createSmallStream(directory, { instanceId: `${name}-${STREAM_ID}` });
  signOfLife(set, ageNs);
  // Epochs are milliseconds of the wall clock.
  Bun.sleepSync(2);
  return set;
}

function signOfLife(set: RegionSet, ageNs = 0): void {
  const activityNs = processNs() - ageNs;
  set.refreshActivity(monotonic.high(activityNs), monotonic.low(activityNs));
}

function hear(known: KnownStreams, set: RegionSet): void {
  const { pools, ...fields } = announceOf(set);
  const payloadPools = pools.map((pool) => ({ ...pool }));
  const bytes = encodeJson("ShmPoolAnnounce", { ...fields, epoch: String(fields.epoch), payloadPools });
  known.onMessage(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length);
}

describe("W-08: the owner of a stream, as tools see it", () => {
  test("is the one that lives, whichever announces last", () => {
    using directory = new TemporaryDirectory();
    using dead = owner(directory, "dead", 5 * SECOND_NS);
    using living = owner(directory, "living");
    using deadToo = owner(directory, "dead-too", 5 * SECOND_NS);
    const known = new KnownStreams(AllowedBaseDirs.resolve([directory.path]));
    hear(known, dead);
    expect(known.get(STREAM_ID)).toBeNull();
    for (const set of [living, deadToo, dead]) hear(known, set);
    expect(known.get(STREAM_ID)).toMatchObject({ epoch: BigInt(living.epoch), announcement: announceOf(living) });
  });

  test("is the one with the higher epoch among those that live, and the other after its end", () => {
    using directory = new TemporaryDirectory();
    using first = owner(directory, "first");
    using second = owner(directory, "second");
    const known = new KnownStreams(AllowedBaseDirs.resolve([directory.path]));
    for (const set of [first, second, first]) hear(known, set);
    expect(known.get(STREAM_ID)?.epoch).toBe(BigInt(second.epoch));
    second.refreshActivity(0, 0);
    hear(known, first);
    expect(known.get(STREAM_ID)?.epoch).toBe(BigInt(first.epoch));
  });

  test("is the one with the higher epoch where the regions cannot be looked at", () => {
    using directory = new TemporaryDirectory();
    using first = owner(directory, "first");
    using second = owner(directory, "second");
    for (const known of [new KnownStreams(), new KnownStreams(AllowedBaseDirs.resolve([directory.at("elsewhere")]))]) {
      for (const set of [first, second, first]) hear(known, set);
      expect(known.get(STREAM_ID)).toMatchObject({ epoch: BigInt(second.epoch), signNs: null });
    }
  });
});

test("invented stream ids are forgotten, and a stream that is announced at its cadence is kept", () => {
  using directory = new TemporaryDirectory();
  using living = owner(directory, "living");
  const known = new KnownStreams(AllowedBaseDirs.resolve([directory.path]));
  for (let i = 1; i <= 20_000; i++) {
    // As owners do, however long this takes.
    if (i % 1000 === 1) {
      signOfLife(living);
      hear(known, living);
    }
    const qos = { streamId: 100_000 + i, producerId: 1, epoch: "1", currentSeq: "0", watermark: null };
    const bytes = encodeJson("QosProducer", qos);
    known.onMessage(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length);
  }
  expect(known.list().length).toBe(8192);
  expect(known.get(STREAM_ID)?.epoch).toBe(BigInt(living.epoch));
  expect(known.get(100_001)).toBeNull();
});
