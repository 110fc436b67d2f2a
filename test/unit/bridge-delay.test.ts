import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { monotonic } from "../../src/aeron/monotonic.ts";
import { FarClock } from "../../src/bridge/far-clock.ts";
import { FrameDelay } from "../../src/bridge/frame-delay.ts";
import { isOfOneHost } from "../../src/bridge/stream-path.ts";
import { FrameHeader } from "../../src/protocol/frame-header.ts";

describe("the clock of another host", () => {
  test("W-47: is known within its error, whatever either way takes, and however long ago it was asked", () => {
    const way = fc.integer({ min: 0, max: 50_000_000 });
    const answers = fc.array(fc.record({ there: way, back: way, pauseNs: fc.integer({ min: 0, max: 5e9 }) }), {
      minLength: 1,
      maxLength: 20,
    });
    const offsets = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });
    fc.assert(
      fc.property(answers, offsets, fc.integer({ min: -50, max: 50 }), (all, offsetNs, driftPpm) => {
        const clock = new FarClock();
        let nowNs = 0;
        const far = (atNs: number): number => atNs + offsetNs + atNs * driftPpm * 1e-6;
        for (const { there, back, pauseNs } of all) {
          nowNs += pauseNs;
          const answerNs = nowNs + there;
          nowNs = answerNs + back;
          clock.onAnswer(far(answerNs) - nowNs, there + back, nowNs);
          expect(Math.abs(nowNs + clock.offsetNs - far(nowNs))).toBeLessThanOrEqual(clock.errorAt(nowNs) + 1e4);
        }
      }),
    );
  });

  test("a shorter round trip replaces a longer one at once, a longer one only what has drifted", () => {
    const clock = new FarClock();
    expect(clock.errorAt(0)).toBe(Number.POSITIVE_INFINITY);
    clock.onAnswer(1000, 2000, 0);
    expect([clock.offsetNs, clock.errorAt(0)]).toEqual([2000, 1000]);
    clock.onAnswer(5000, 2_000_000, 1e9);
    expect([clock.offsetNs, clock.errorAt(1e9)]).toEqual([2000, 101_000]);
    clock.onAnswer(5000, 200, 1e9);
    expect([clock.offsetNs, clock.errorAt(1e9)]).toEqual([5100, 100]);
    clock.clear();
    expect(clock.errorAt(1e9)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the delay of frames", () => {
  const stamped = (processNs: number): FrameHeader => {
    const header = new FrameHeader();
    header.timestampHigh = monotonic.high(processNs);
    header.timestampLow = monotonic.low(processNs);
    return header;
  };

  test("is from their timestamps, by the sender's clock, to the cycle after the one in which they came", () => {
    const delay = new FrameDelay();
    delay.setClock(500, 20);
    delay.onCycle(9000);
    delay.onFrame(stamped(6000));
    delay.onCycle(10_000);
    delay.onFrame(stamped(8500));
    delay.onCycle(11_000);
    // No frame came in this cycle.
    delay.onCycle(90_000);
    expect(delay.newest).toBeNull();
    delay.take();
    expect(delay.newest).toEqual({ delayNs: (3500 + 2000) / 2, errorNs: 1020 });
    delay.take();
    expect(delay.newest).toBeNull();
  });

  test("is the mean over all frames, also of those that came in one cycle, with the largest error that the clock had", () => {
    const delay = new FrameDelay();
    delay.setClock(500, 900);
    delay.onCycle(9000);
    for (const atNs of [1000, 2000, 3000]) delay.onFrame(stamped(atNs));
    delay.onCycle(10_000);
    // Better known; the second frame was stamped in this cycle.
    delay.setClock(500, 20);
    for (const atNs of [9000, 9900]) delay.onFrame(stamped(atNs));
    delay.onCycle(11_000);
    delay.take();
    expect(delay.newest).toEqual({ delayNs: (8500 + 7500 + 6500 + 1500 + 600) / 5, errorNs: 1900 });
  });

  test("is not known without the sender's clock, of frames without a timestamp, and of times that cannot be", () => {
    const delay = new FrameDelay();
    const delayOf = (header: FrameHeader): unknown => {
      delay.onFrame(header);
      delay.onCycle(2e12);
      delay.take();
      return delay.newest;
    };
    expect(delayOf(stamped(1e12))).toBeNull();
    delay.setClock(0, 100);
    expect([delayOf(new FrameHeader()), delayOf(stamped(1e12)), delayOf(stamped(3e12))]).toEqual([null, null, null]);
    expect(delayOf(stamped(2e12 - 5000))).toMatchObject({ delayNs: 5000 });
  });

  test("timestamps are of the sender's clock only if no other host has stamped the frames", () => {
    const [a, b] = ["0123456789abcdef", "fedcba9876543210"];
    expect([`${a}/1`, `${a}/1,${a}/2`, `${a}/1,${b}/1`].map(isOfOneHost)).toEqual([true, true, false]);
  });
});
