import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { epochOf, HOST_CLOCKS } from "../../src/aeron/wall-clocks.ts";
import { histogramLines } from "../../src/cli/observe/histogram-lines.ts";
import { paletteOf } from "../../src/core/colours.ts";
import { DelayMeter, type DelayRow, delayRow } from "../../src/observe/delay-meter.ts";
import { DurationHistogram, histogramBars } from "../../src/observe/duration-histogram.ts";
import { timestampsOf } from "../../src/observe/timestamp-clock.ts";
import { textAttribute } from "../../src/protocol/attribute.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { Rig } from "../support/rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const SECOND_NS = 1e9;

function histogramOf(durations: readonly number[]): DurationHistogram {
  const histogram = new DurationHistogram();
  for (const duration of durations) histogram.add(duration);
  return histogram;
}

describe("a histogram of durations", () => {
  test("quantiles are those of the sorted durations, to within a hundredth", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1e13 }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (durations, share) => {
          const exact = [...durations].sort((a, b) => a - b)[
            Math.max(1, Math.ceil(share * durations.length)) - 1
          ] as number;
          const found = histogramOf(durations).quantile(share);
          expect(found).toBeGreaterThanOrEqual(exact);
          expect(found).toBeLessThanOrEqual(Math.max(1, exact * 1.0101));
        },
      ),
    );
  });

  test("minimum, maximum, mean and count are exact; two become one by adding", () => {
    const first = histogramOf([5, 1234, 77]);
    first.addAll(histogramOf([3, 99_999]));
    expect([first.count, first.min, first.max, first.mean]).toEqual([5, 3, 99_999, 20_263.6]);
    first.clear();
    expect([first.count, first.quantile(0.5), first.mean]).toEqual([0, Number.NaN, 0]);
  });

  test("bars reach from the minimum to the maximum and hold every duration once", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e13 }), { minLength: 1, maxLength: 100 }), (durations) => {
        const histogram = histogramOf(durations);
        const bars = histogramBars(histogram);
        for (const { fromNs, toNs, count } of bars) {
          expect(count).toBe(durations.filter((each) => each >= fromNs && each < toNs).length);
        }
        expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(durations.length);
        expect([bars[0]?.count, bars.at(-1)?.count]).not.toContain(0);
        expect(bars.length).toBeLessThanOrEqual(16);
      }),
    );
  });

  test("is drawn to the width that there is", () => {
    const histogram = histogramOf([...Array(90).fill(150e3), ...Array(9).fill(700e3), 3e6]);
    expect(histogramLines(histogram, { palette: paletteOf(false), width: 60 })).toEqual([
      "  100 us to   200 us  █████████████████████████  90   90.0 %",
      "  200 us to   500 us                              0    0.0 %",
      "  500 us to     1 ms  ███                         9    9.0 %",
      "    1 ms to     2 ms                              0    0.0 %",
      "    2 ms to     5 ms  █                           1    1.0 %",
    ]);
    for (const width of [50, 80, 200]) {
      for (const line of histogramLines(histogram, { palette: paletteOf(true), width })) {
        expect(Bun.stringWidth(line)).toBeLessThanOrEqual(Math.min(width, 100));
      }
    }
  });

  test("a row has no delays where no descriptor came", () => {
    expect(delayRow("interval", 1, new DurationHistogram())).toEqual({
      kind: "interval",
      seconds: 1,
      descriptors: 0,
      delayNs: null,
    });
    expect(delayRow("total", 1, histogramOf([100]))).toMatchObject({
      descriptors: 1,
      delayNs: { min: 100, p50: 100, p99: 100, max: 100, mean: 100 },
      histogram: [{ fromNs: 100, toNs: 200, count: 1 }],
    });
  });
});

describe("the clock of timestamps", () => {
  test("W-47: is monotonic and the time of publishing unless the metadata says otherwise", () => {
    expect(timestampsOf([])).toEqual({ clock: "monotonic", meaning: "publish" });
    const attributes = [
      textAttribute("tensorpool.timestamp_clock", "realtime"),
      textAttribute("tensorpool.timestamp_meaning", "exposure start"),
    ];
    expect(timestampsOf(attributes)).toEqual({ clock: "realtime", meaning: "exposure start" });
  });

  test("W-47: a clock that this host does not have is not subtracted from", () => {
    for (const clock of ["device", "Monotonic", ""]) {
      expect(() => timestampsOf([textAttribute("tensorpool.timestamp_clock", clock)])).toThrow(
        `tensorpool.timestamp_clock is "${clock}": expected one of monotonic, realtime, tai`,
      );
    }
  });

  test("each clock of the host converts to this process's time", () => {
    for (const clock of HOST_CLOCKS) {
      const before = Bun.nanoseconds();
      const epoch = epochOf(clock);
      const nowNs = Bun.nanoseconds();
      const reading = epoch.toBigint(before);
      expect(epoch.toProcessNs(Number(reading >> 32n), Number(reading & 0xffff_ffffn))).toBe(before);
      if (clock === "realtime") {
        expect(Math.abs(Number(epoch.toBigint(nowNs) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
      }
    }
  });
});

describe("measuring delays", () => {
  function meterOn(rig: Rig, count: number) {
    const rows: DelayRow[] = [];
    const state = { rows, isDone: false };
    const meter = rig.add(
      new DelayMeter(rig.connection, rig.clock, {
        streams: DEFAULT_STREAMS,
        intervalNs: 60 * SECOND_NS,
        count,
        readings: Number.POSITIVE_INFINITY,
        onRow: (row) => rows.push(row),
        onDone: () => {
          state.isDone = true;
        },
        onListening: () => {},
      }),
    );
    return { meter, state };
  }

  test("takes the descriptors of its stream, and the time from their timestamps until now", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    const other = rig.producer({ streamId: STREAM_ID + 1 }, { namespace: "other" });
    const { meter, state } = meterOn(rig, 5);
    meter.begin(STREAM_ID, "monotonic");
    const beginNs = rig.clock.nanoTime();
    rig.until(() => {
      producer.offer(new Uint8Array(16), { dtype: "uint8", dims: [16] });
      other.offer(new Uint8Array(16), { dtype: "uint8", dims: [16] });
      return state.isDone;
    }, "five descriptors");
    const [row] = state.rows;
    expect(state.rows).toHaveLength(1);
    expect(row?.descriptors).toBeGreaterThanOrEqual(5);
    expect(row?.delayNs?.max).toBeLessThan(rig.clock.nanoTime() - beginNs);
    expect([meter.ahead, meter.unstamped]).toEqual([0, 0]);
    expect(meter.total.count).toBe(row?.descriptors as number);
  });

  test("leaves a fast stream alone after two thousand descriptors, until the next second", async () => {
    await using rig = new Rig();
    const producer = rig.producer({}, { nslots: 64 });
    const { meter } = meterOn(rig, Number.POSITIVE_INFINITY);
    meter.begin(STREAM_ID, "monotonic");
    const offer = (): void => {
      for (let i = 0; i < 16; i++) producer.offer(new Uint8Array(16), { dtype: "uint8", dims: [16] });
    };
    rig.until(() => {
      offer();
      return producer.counters.of.published.value >= 2_000;
    }, "two thousand descriptors");
    const notConnected = producer.counters.of.descriptorNotConnected.value;
    rig.until(() => {
      offer();
      return producer.counters.of.descriptorNotConnected.value > notConnected;
    }, "the meter to leave the stream");
  });

  test("timestamps of another clock lie ahead: they are counted, and not taken for delays", async () => {
    await using rig = new Rig();
    const producer = rig.producer();
    const { meter, state } = meterOn(rig, Number.POSITIVE_INFINITY);
    meter.begin(STREAM_ID, "monotonic");
    rig.until(() => {
      const claim = producer.tryClaim(16, rig.clock.nanoTime() + 3600 * SECOND_NS);
      claim?.commit({ dtype: "uint8", dims: [16] });
      return meter.ahead >= 3;
    }, "three descriptors from the future");
    expect(meter.total.count).toBe(0);
    expect(state.rows).toEqual([]);
  });
});
