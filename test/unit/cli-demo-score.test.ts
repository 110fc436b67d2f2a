import { describe, expect, test } from "bun:test";
import { RoleScore, Scoreboard } from "../../src/cli/demo/scoreboard.ts";

/** Rows of a role every 250 ms from 250 ms on, of which each has `frames` more than the one before. */
function feed(score: RoleScore, counter: string, frames: readonly number[], startMs = 0): void {
  let count = 0;
  frames.forEach((more, index) => {
    count += more;
    const seconds = (index + 1) / 4;
    const counters = { [counter]: count, bytes: count * 100 };
    score.add({ seconds, latencyNs: more === 0 ? null : 1000 * (index + 1), counters }, startMs + seconds * 1000);
  });
}

describe("the score of a role", () => {
  test("its rate is that of the last second", () => {
    const score = new RoleScore("producer", "producer");
    feed(score, "published", [0, 10, 25, 25, 25, 25, 50, 50]);
    const { framesPerSecond, bytesPerSecond, frames } = score.at(2000);
    expect({ framesPerSecond, bytesPerSecond, frames }).toEqual({
      framesPerSecond: 150,
      bytesPerSecond: 15_000,
      frames: 210,
    });
  });

  test("its rate over the whole run leaves out the rows in which the first and the last frames came", () => {
    const score = new RoleScore("consumer", "fast consumer");
    feed(score, "accepted", [0, 0, 7, 25, 25, 25, 3, 0, 0]);
    expect(score.total().framesPerSecond).toBe(100);
    expect(score.total().frames).toBe(85);
  });

  test("nothing is said of rates that a few frames cannot tell", () => {
    const score = new RoleScore("producer", "producer");
    feed(score, "published", [1, 1, 1, 1]);
    expect(score.total().framesPerSecond).toBeNull();
    expect(new RoleScore("producer", "producer").at(1000).framesPerSecond).toBeNull();
  });

  test("the last row comes twice when a role ends: again changes nothing", () => {
    const score = new RoleScore("producer", "producer");
    feed(score, "published", [25, 25, 25]);
    const before = score.total();
    score.add({ seconds: 0.75, counters: { published: 75, bytes: 7500 } }, 760);
    expect(score.total()).toEqual(before);
  });

  test("latency is weighted by frames over the whole run, and that of the newest row before its end", () => {
    const score = new RoleScore("consumer", "fast consumer");
    score.add({ seconds: 0.25, latencyNs: 100, counters: { accepted: 30 } }, 250);
    score.add({ seconds: 0.5, latencyNs: 500, counters: { accepted: 40 } }, 500);
    expect(score.at(600).latencyNs).toBe(500);
    expect(score.total().latencyNs).toBe(200);
  });

  test("losses are reported by cause, the largest first, and descriptors that could not be used are among them", () => {
    const score = new RoleScore("consumer", "slow consumer");
    score.add({ seconds: 0.25, counters: { accepted: 5, gap: 2, overwritten: 7, unmapped: 1, maps: 1 } }, 250);
    const { lost, losses } = score.total();
    expect(lost).toBe(10);
    expect(losses).toEqual([
      { cause: "overwritten", frames: 7 },
      { cause: "gap", frames: 2 },
      { cause: "unmapped", frames: 1 },
    ]);
  });

  test("claims of a producer that were not published are its losses", () => {
    const score = new RoleScore("producer", "producer");
    score.add({ seconds: 0.25, counters: { claimed: 10, published: 7, aborted: 1, descriptorBackPressured: 2 } }, 250);
    const { claimed, frames, lost } = score.total();
    expect(claimed).toBe(frames + lost);
  });
});

describe("the scoreboard", () => {
  test("shows all roles as of one moment: no consumer has more than was published, though its rows may be newer", () => {
    const scores = new Scoreboard();
    feed(scores.producer, "published", Array(12).fill(25), 0);
    feed(scores.fast, "accepted", Array(12).fill(25), 120);
    for (let nowMs = 0; nowMs < 3300; nowMs += 10) {
      const [producer, fast] = scores.shownAt(nowMs);
      expect(fast?.frames ?? 0).toBeLessThanOrEqual(producer?.frames ?? 0);
    }
  });
});
