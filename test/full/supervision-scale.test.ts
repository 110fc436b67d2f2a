import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { SupervisionTraffic } from "../../bench/supervision-traffic.ts";
import { consumerViews, streamViews } from "../../src/supervision/model/index.ts";

const STREAMS = 1000;
const CONSUMERS = 4000;
const REPLACED_PER_SECOND = 20;
const MINUTES = 10;
/** Consumers that are gone are remembered for a minute, after the seconds in which they were missed. */
const REMEMBERED = REPLACED_PER_SECOND * 70;

function heapBytes(): number {
  Bun.gc(true);
  return heapStats().heapSize;
}

test("ten minutes of a thousand streams with four consumers each, some replaced every second, take no more memory than two", () => {
  const traffic = new SupervisionTraffic({
    streams: STREAMS,
    consumersPerStream: CONSUMERS / STREAMS,
    replacedPerSecond: REPLACED_PER_SECOND,
  });
  const perMinute: number[] = [];
  for (let minute = 0; minute < MINUTES; minute++) {
    for (let second = 0; second < 60; second++) traffic.second();
    perMinute.push(heapBytes());
    expect(traffic.model.streams.size).toBe(STREAMS);
    expect(traffic.model.consumerCount).toBeLessThanOrEqual(CONSUMERS + REMEMBERED);
  }
  const { model, nowNs } = traffic;
  expect(traffic.refused).toBe(0);
  expect(model.counts).toEqual({ streamsRefused: 0, consumersRefused: 0, staleEpochs: 0, countersRefused: 0 });
  const [afterTwo = 0, last = 0] = [perMinute[1], perMinute.at(-1)];
  expect(last).toBeLessThan(afterTwo * 1.05);
  // It was not thrown away to stay small: what it says is right.
  const live = consumerViews(model, nowNs).filter(({ state }) => state === "live");
  expect(live.filter(({ dropRatio }) => dropRatio === 0.004).length).toBeGreaterThan(CONSUMERS * 0.9);
  expect(streamViews(model, nowNs).every(({ framesPerSecond }) => framesPerSecond === 500)).toBe(true);
}, 240_000);
