import { expect, test } from "bun:test";
import { Silence } from "../../src/view/silence.ts";
import { Supervised } from "../support/supervision.ts";

/** Seconds of silence after which pages show a producer and its consumer as dead; null: not within 30 s. */
function silentAfter(it: Supervised, lookSeconds = 0.1): number | null {
  const silence = new Silence(it.model);
  it.announce();
  it.qos(1);
  it.qos(2);
  expect(silence.look(it.nowNs)).toBe(false);
  for (let step = 1; step * lookSeconds < 30; step++) {
    it.wait(lookSeconds);
    const isNew = silence.look(it.nowNs);
    expect(silence.isProducerSilent(1)).toBe(isNew);
    expect(silence.isConsumerSilent(1, 42)).toBe(isNew);
    if (isNew) return step * lookSeconds;
  }
  return null;
}

test("pages show a silent producer and consumer as dead within 3 s, before the event, whose time-out is longer", () => {
  const it = new Supervised();
  expect(silentAfter(it)).toBeLessThan(2.7);
  expect(it.news()).not.toContain("producer-lost");
  const silence = new Silence(it.model);
  expect(silence.look(it.nowNs)).toBe(true);
  it.announce();
  expect(silence.look(it.nowNs)).toBe(true);
  expect(silence.isProducerSilent(1)).toBe(false);
  expect(silence.isConsumerSilent(1, 42)).toBe(true);
});

test("a liveness time-out that is shorter, or longer than usual, holds for pages, too: the event comes with it", () => {
  for (const livenessNs of [1.5e9, 10e9]) {
    const it = new Supervised({ livenessNs });
    expect(silentAfter(it)).toBeNull();
    expect(it.news()).toContain("producer-lost");
  }
});

test("a pause of the server is not taken for the silence of others", () => {
  const it = new Supervised();
  const silence = new Silence(it.model);
  it.announce();
  it.nowNs += 12e9;
  it.model.onPaused(it.nowNs);
  expect(silence.look(it.nowNs)).toBe(false);
  expect(silence.look(it.nowNs + 2.6e9)).toBe(true);
});
