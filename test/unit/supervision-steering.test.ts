import { describe, expect, test } from "bun:test";
import { Steering, type SteeringOrder, type SteeringRule } from "../../src/supervision/model/index.ts";
import { covers } from "../../src/supervision/model/steering-rule.ts";
import { Supervised } from "../support/supervision.ts";

type Mode = "stream" | "latest" | "decimated";

const RULE: SteeringRule = {
  name: "slow",
  streams: null,
  consumers: null,
  dropRatioAbove: 0.01,
  forNs: 5e9,
  mode: "decimated",
  decimation: 4,
  restoreAfterNs: 10e9,
};

/** A stream of 1,000 frames/s with one consumer that reports once a second. */
class Steered {
  readonly it = new Supervised();
  readonly steering: Steering;
  readonly orders: SteeringOrder[] = [];
  mode: Mode = "stream";
  sessionId = 1;
  obeys = true;
  #seq = 0;
  #gap = 0;

  constructor(...rules: SteeringRule[]) {
    this.steering = new Steering(this.it.model, rules);
  }

  /** Lets it lose so many frames a second, as long as it reads in a mode in which it does. */
  run(seconds: number, lost: (mode: Mode) => number): SteeringOrder[] {
    const before = this.orders.length;
    for (let i = 0; i < seconds; i++) {
      this.it.wait(1);
      this.it.announce();
      this.#seq += 1000;
      this.#gap += lost(this.mode);
      this.it.qos(this.#seq, { gap: this.#gap, sessionId: this.sessionId }, this.mode);
      const orders = this.steering.decide(this.it.nowNs);
      this.orders.push(...orders);
      const last = orders.at(-1);
      if (last !== undefined && this.obeys) this.mode = last.mode;
    }
    return this.orders.slice(before);
  }
}

const slowInStream = (mode: Mode): number => (mode === "stream" ? 100 : 0);

describe("steering by rules (W-39)", () => {
  test("a consumer that loses too much for long enough is moved, and moved back when it was well for a while", () => {
    const steered = new Steered(RULE);
    expect(steered.run(20, () => 5)).toEqual([]);
    expect(steered.run(5, slowInStream)).toEqual([]);
    expect(steered.run(4, slowInStream)).toEqual([{ streamId: 1, consumerId: 42, mode: "decimated", decimation: 4 }]);
    expect(steered.steering.steered).toBe(1);
    expect(steered.run(8, () => 0)).toEqual([]);
    expect(steered.run(8, () => 0)).toEqual([{ streamId: 1, consumerId: 42, mode: "stream", decimation: 1 }]);
    expect(steered.run(60, () => 0)).toEqual([]);
    expect(steered.steering.steered).toBe(0);
    expect(steered.it.news().filter((kind) => kind.startsWith("config") || kind === "mode-changed")).toEqual([
      "config-sent",
      "mode-changed",
      "config-sent",
      "mode-changed",
    ]);
  });

  test("each change is an event with its reason", () => {
    const steered = new Steered(RULE);
    steered.run(9, slowInStream);
    const text = steered.it.model.events.after(0).find(({ kind }) => kind === "config-sent")?.text;
    expect(text).toBe(
      'rule "slow" tells consumer 42 of stream 1: mode decimated, one frame of 4, because it lost 10 % of its frames, more than 1 %, for 5 s',
    );
  });

  test("a consumer that is not well for long in its own mode is moved back less and less often", () => {
    const steered = new Steered(RULE);
    const lastMoves = steered.run(2000, slowInStream).filter(({ mode }) => mode === "decimated");
    // 16 times the rule's 10 s, in the end; without backing off there would be a hundred.
    expect(lastMoves.length).toBeGreaterThan(8);
    expect(lastMoves.length).toBeLessThan(20);
  });

  test("one who stands at the threshold stays where it is", () => {
    const steered = new Steered(RULE);
    expect(steered.run(300, () => 10)).toEqual([]);
    expect(steered.run(9, () => 100)).toHaveLength(1);
    expect(steered.run(300, () => 8)).toEqual([]);
  });

  test("one who does not follow is told again a few times, and then left alone with a word", () => {
    const steered = new Steered(RULE);
    steered.obeys = false;
    expect(steered.run(100, () => 100)).toHaveLength(4);
    expect(steered.it.news()).toContain("config-ignored");
  });

  test("who was told something by another process is left alone until it restarts", () => {
    const steered = new Steered(RULE);
    steered.run(9, slowInStream);
    steered.steering.onForeignConfig(steered.it.nowNs, 1, 42);
    expect(steered.it.lastText).toContain("alone until it restarts: another sender configured it");
    steered.mode = "stream";
    expect(steered.run(100, () => 100)).toEqual([]);
    steered.it.wait(3);
    steered.sessionId = 2;
    expect(steered.run(12, slowInStream)).toHaveLength(1);
  });

  test("without rules nobody is told anything", () => {
    expect(new Steered().run(100, () => 500)).toEqual([]);
  });

  test("one who reads every Nth frame already, of a number that nobody knows, could not be put back: it stays", () => {
    const steered = new Steered({ ...RULE, mode: "latest" });
    steered.mode = "decimated";
    expect(steered.run(30, () => 100)).toEqual([]);
    expect(steered.it.lastText).toContain("unknown N");
  });

  test("a rule covers streams by id, by name and by pattern, and consumers by id", () => {
    const stream = { streamId: 10_000, name: "camera-1" };
    expect(covers(RULE, stream, 42)).toBe(true);
    for (const pattern of ["10000", "camera-1", "camera-*", "*-1", "c*a*1"]) {
      expect(covers({ ...RULE, streams: [pattern] }, stream, 42)).toBe(true);
    }
    for (const pattern of ["1000", "camera", "camera.1", "", "*-2"]) {
      expect(covers({ ...RULE, streams: [pattern] }, stream, 42)).toBe(false);
    }
    expect(covers({ ...RULE, consumers: [42] }, stream, 42)).toBe(true);
    expect(covers({ ...RULE, consumers: [43] }, stream, 42)).toBe(false);
  });
});
