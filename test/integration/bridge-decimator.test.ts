import { describe, expect, test } from "bun:test";
import { Decimator } from "../../src/bridge/decimator.ts";
import { OutputStream } from "../../src/bridge/output-stream.ts";
import { type Flow, textAttribute } from "../../src/protocol/attribute.ts";
import type { ConsumerMode } from "../../src/protocol/mode-filter.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const TO = STREAM_ID + 1;

interface Choice {
  readonly mode?: ConsumerMode;
  readonly every?: number;
  readonly maxRateHz?: number;
  readonly flow?: Flow;
  readonly once?: boolean;
  readonly count?: number;
}

/** A decimator of the rig's stream, and a consumer of what it carries. */
function decimatorOf(rig: Rig, choice: Choice): { source: Consumer; output: OutputStream; isDone: () => boolean } {
  const { mode = "decimated", every = 0, maxRateHz = 0 } = choice;
  const source = rig.consumer({ mode, decimation: Math.max(1, every), maxRateHz });
  const output = new OutputStream(rig.connection, rig.clock, {
    streamId: TO,
    name: "decimated",
    streams: DEFAULT_STREAMS,
    regions: { standalone: { baseDir: rig.baseDir, namespace: "test", mode: "private" } },
    ...(choice.flow === undefined ? {} : { flow: choice.flow }),
    waitTimeoutNs: 5e9,
  });
  let isDone = false;
  rig.add(
    new Decimator(source, output, {
      every,
      nslots: null,
      count: choice.count ?? Number.POSITIVE_INFINITY,
      once: choice.once === true,
      onDone: () => {
        isDone = true;
      },
    }),
  );
  return { source, output, isDone: () => isDone };
}

/** The decimator has the source, and a reader has the decimator's stream. */
function connected(rig: Rig, choice: Choice, flow: Flow = "drop") {
  const producer = rig.producer({ flow, attributes: [textAttribute("unit", "mm")] }, { nslots: 64 });
  const reader = rig.consumer({ streamId: TO });
  const parts = decimatorOf(rig, choice);
  rig.until(
    () =>
      reader.isMapped &&
      reader.hasAttributes &&
      parts.output.producer?.hasReaders(1) === true &&
      producer.hasReaders(1),
    "the reader to map the decimator's stream",
  );
  return { producer, reader, ...parts };
}

function offer(producer: Producer, n: number): void {
  const bytes = new Uint8Array(24).fill(n & 255);
  producer.offer(bytes, { dtype: "uint16", dims: [3, 4], majorOrder: "column", timestampNs: 2n ** 60n + BigInt(n) });
}

interface Seen {
  readonly seq: number;
  readonly first: number;
  readonly timestampNs: bigint;
  readonly dims: readonly number[];
  readonly unit: string;
}

function take(reader: Consumer, seen: Seen[]): void {
  reader.poll((frame) => {
    const unit = frame.attributes.find(({ key }) => key === "unit")?.value;
    seen.push({
      seq: frame.seq,
      first: frame.bytes[0] as number,
      timestampNs: frame.timestampNs,
      dims: [...frame.dims],
      unit: new TextDecoder().decode(unit),
    });
  });
}

describe("the decimator", () => {
  test("W-48: every Nth frame keeps its seq, shape, timestamp and attributes, and what lies between is no loss", async () => {
    await using rig = new Rig();
    const { producer, reader } = connected(rig, { every: 5 });
    const seen: Seen[] = [];
    for (let n = 0; n < 101; n++) {
      offer(producer, n);
      rig.step(20);
      take(reader, seen);
    }
    rig.until(() => {
      take(reader, seen);
      return seen.length === 21;
    }, "the last frame");
    expect(seen).toEqual(
      Array.from({ length: 21 }, (_, i) => ({
        seq: i * 5,
        first: i * 5,
        timestampNs: 2n ** 60n + BigInt(i * 5),
        dims: [3, 4],
        unit: "mm",
      })),
    );
    const { of } = reader.counters;
    expect([of.accepted.value, of.skipped.value, totalLost(reader.counters)]).toEqual([21, 80, 0]);
  });

  test("W-48: a source that begins again makes another epoch of the decimated stream, and seq begins at 0 again", async () => {
    await using rig = new Rig();
    const { producer, reader, output } = connected(rig, { every: 2 });
    const seen: Seen[] = [];
    const firstEpoch = reader.epoch;
    for (let n = 0; n < 10; n++) offer(producer, n);
    rig.until(() => {
      take(reader, seen);
      return seen.length === 5;
    }, "the frames of the first epoch");
    await rig.remove(producer);
    rig.until(() => reader.epoch === null && output.producer === null, "the end of the epoch");
    const next = rig.producer({ attributes: [textAttribute("unit", "m")] }, { nslots: 64 });
    rig.until(
      () => reader.isMapped && reader.hasAttributes && output.producer?.isReady === true && next.hasReaders(1),
      "the next epoch",
    );
    expect(reader.epoch).not.toBe(firstEpoch);
    for (let n = 0; n < 4; n++) offer(next, n);
    rig.until(() => {
      take(reader, seen);
      return seen.length === 7;
    }, "the frames of the next epoch");
    expect(seen.slice(5).map(({ seq, unit }) => [seq, unit])).toEqual([
      [0, "m"],
      [2, "m"],
    ]);
    expect(totalLost(reader.counters)).toBe(0);
  });

  test("frames go with attributes that change meanwhile", async () => {
    await using rig = new Rig();
    const { producer, reader } = connected(rig, { every: 1 });
    const seen: Seen[] = [];
    offer(producer, 0);
    rig.until(() => {
      take(reader, seen);
      return seen.length === 1;
    }, "the first frame");
    producer.setAttributes([textAttribute("unit", "km")]);
    rig.settle();
    offer(producer, 1);
    rig.settle();
    take(reader, seen);
    expect(seen.map(({ unit }) => unit)).toEqual(["mm", "km"]);
  });

  test("a source that waits is held back by readers of the decimated stream: nothing is lost in a small ring", async () => {
    await using rig = new Rig();
    const { producer, reader, source } = connected(rig, { every: 3 }, "wait");
    const seen: Seen[] = [];
    const frames = 1200;
    let offered = 0;
    for (let cycle = 0; offered < frames || seen.length < frames / 3; cycle++) {
      while (offered < frames && !producer.isWaiting) offer(producer, offered++);
      rig.step();
      // A slow reader.
      if (cycle % 20 === 0) take(reader, seen);
      if (cycle > 1e6) throw new Error(`expected ${frames / 3} frames, found ${seen.length}`);
    }
    expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: frames / 3 }, (_, i) => i * 3));
    expect([totalLost(reader.counters), totalLost(source.counters)]).toEqual([0, 0]);
  });

  test("a rate limits the stream, and what it leaves out is no loss", async () => {
    await using rig = new Rig();
    const { producer, reader } = connected(rig, { mode: "stream", maxRateHz: 10 });
    rig.clock.hold();
    const seen: Seen[] = [];
    for (let n = 0; n < 40; n++) {
      rig.clock.jump(25e6);
      offer(producer, n);
      rig.step(20);
      take(reader, seen);
    }
    // One in 100 ms: every fourth.
    expect(seen.map(({ seq }) => seq)).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 32, 36]);
    expect(totalLost(reader.counters)).toBe(0);
  });

  test("a reader that comes later counts from the frame that it sees first", async () => {
    await using rig = new Rig();
    const { producer, reader, output } = connected(rig, { every: 10 });
    for (let n = 0; n < 25; n++) offer(producer, n);
    rig.until(() => {
      take(reader, []);
      return reader.counters.of.accepted.value === 3;
    }, "the first frames");
    const late = rig.consumer({ streamId: TO });
    rig.until(() => late.isMapped && late.hasAttributes && output.producer?.hasReaders(2) === true, "the late reader");
    for (let n = 25; n < 45; n++) offer(producer, n);
    const seen: Seen[] = [];
    rig.until(() => {
      take(reader, []);
      take(late, seen);
      return seen.at(-1)?.seq === 40;
    }, "frames for the late reader");
    // A subscription may begin with descriptors of frames that were published before.
    const first = seen[0]?.seq ?? -1;
    expect(first).toBeLessThanOrEqual(30);
    expect([late.counters.of.skipped.value, totalLost(late.counters)]).toEqual([40 - first + 1 - seen.length, 0]);
  });

  test("a decimator that joins a running stream makes no gap of what was before", async () => {
    await using rig = new Rig();
    const producer = rig.producer({}, { nslots: 64 });
    rig.until(() => producer.isReady, "the producer");
    for (let n = 0; n < 500; n++) offer(producer, n);
    const reader = rig.consumer({ streamId: TO });
    const { output } = decimatorOf(rig, { mode: "stream", every: 1 });
    rig.until(() => reader.isMapped && reader.hasAttributes && output.producer?.hasReaders(1) === true, "the reader");
    offer(producer, 500);
    const seen: Seen[] = [];
    rig.until(() => {
      take(reader, seen);
      return seen.length === 1;
    }, "a frame");
    expect([seen[0]?.seq, totalLost(reader.counters)]).toEqual([500, 0]);
  });

  test("--once and --count end it when its readers have drained", async () => {
    await using rig = new Rig();
    const { producer, reader, isDone } = connected(rig, { every: 1, count: 3 });
    for (let n = 0; n < 10; n++) offer(producer, n);
    const seen: Seen[] = [];
    rig.until(() => {
      take(reader, seen);
      return isDone();
    }, "the end");
    expect(seen.map(({ seq }) => seq)).toEqual([0, 1, 2]);
  });
});
