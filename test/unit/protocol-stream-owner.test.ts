import { describe, expect, test } from "bun:test";
import { EpochChoice, LIVENESS_NS, ownerStateOf, RivalWatch } from "../../src/protocol/stream-owner.ts";

const SECOND_NS = 1e9;

describe("W-08: an owner, by its sign of life", () => {
  test("lives for as long as the sign is younger than the time-out", () => {
    expect(ownerStateOf(10, 10)).toBe("alive");
    expect(ownerStateOf(0, LIVENESS_NS)).toBe("alive");
    expect(ownerStateOf(0, LIVENESS_NS + 1)).toBe("silent");
  });

  test("has ended when it wrote so, and a sign of life far ahead of the clock is none", () => {
    expect(ownerStateOf(null, 10)).toBe("ended");
    expect(ownerStateOf(LIVENESS_NS * 2, 0)).toBe("silent");
  });
});

describe("W-22, D-13: the epoch that a reader follows", () => {
  const PID = 70n;
  const follows = (choice: EpochChoice, epoch: bigint, activityNs: number | null, nowNs: number, pid = PID): boolean =>
    choice.isCandidate(epoch) && choice.follows(epoch, pid, activityNs, nowNs, LIVENESS_NS);

  test("is any whose owner lives, while none was followed", () => {
    const choice = new EpochChoice(false);
    expect(follows(choice, 5n, null, 10)).toBe(false);
    expect(follows(choice, 5n, 0, LIVENESS_NS * 2)).toBe(false);
    expect(follows(choice, 5n, 9, 10)).toBe(true);
  });

  test("is never a lower one while the higher one is mapped", () => {
    const choice = new EpochChoice(false);
    choice.begin(5n);
    expect(follows(choice, 4n, 100, 100)).toBe(false);
    expect(follows(choice, 6n, 100, 100)).toBe(true);
  });

  test("is a lower one after the end of the higher, on a sign of life that is newer than that end", () => {
    const choice = new EpochChoice(false);
    choice.begin(5n);
    choice.leave(100, PID);
    expect(follows(choice, 4n, 99, 101)).toBe(false);
    expect(follows(choice, 4n, 101, 102)).toBe(true);
    // A higher one needs no such proof.
    expect(follows(choice, 6n, 99, 101)).toBe(true);
  });

  test("is not again the one whose owner is gone", () => {
    const choice = new EpochChoice(false);
    choice.begin(5n);
    choice.leave(100, PID);
    expect(follows(choice, 5n, 200, 200)).toBe(false);
    choice.begin(6n);
    choice.pause();
    expect(follows(choice, 6n, 200, 200)).toBe(true);
  });

  test("is that of another process with the same number, once it shows a sign of life since", () => {
    const choice = new EpochChoice(false);
    choice.begin(5n);
    expect(follows(choice, 5n, 100, 100, PID + 1n)).toBe(false);
    choice.leave(100, PID);
    expect(follows(choice, 5n, 99, 101, PID + 1n)).toBe(false);
    expect(follows(choice, 5n, 101, 102, PID + 1n)).toBe(true);
  });

  test("is none with this number where two processes write to its regions (W-08)", () => {
    const choice = new EpochChoice(false);
    choice.begin(5n);
    choice.leave(100, null);
    expect(follows(choice, 5n, 200, 200, PID + 1n)).toBe(false);
  });

  test("with a lease is never below the epoch of the lease, whatever lives", () => {
    const choice = new EpochChoice(true);
    choice.grant(5n);
    expect(follows(choice, 4n, 200, 200)).toBe(false);
    expect(follows(choice, 5n, 200, 200)).toBe(true);
    choice.begin(5n);
    choice.leave(300, PID);
    expect(follows(choice, 4n, 400, 400)).toBe(false);
    expect(follows(choice, 5n, 400, 400)).toBe(false);
    expect(follows(choice, 6n, 400, 400)).toBe(true);
  });
});

describe("W-08, D-02: another owner that announces the stream", () => {
  /** What is decided about announces at these times, in seconds. */
  const verdictsAt = (watch: RivalWatch, seconds: readonly number[], isOlder = true, rival = 7) =>
    seconds.map((second) => watch.onAnnounce(rival, isOlder, second * SECOND_NS));

  test("is proven by announces that keep coming, and not by a log that is read in one go", () => {
    const watch = new RivalWatch();
    watch.begin(0);
    expect(verdictsAt(watch, [0, 0, 0, 0.001, 0.002, 0.4])).toEqual(Array(6).fill("unproven"));
    expect(verdictsAt(watch, [1, 2])).toEqual(["unproven", "gives-way"]);
  });

  test("is not proven by what waited while this process was paused", () => {
    const watch = new RivalWatch();
    watch.begin(0);
    verdictsAt(watch, [0, 1]);
    watch.onPause();
    expect(verdictsAt(watch, [2, 2.7])).toEqual(["unproven", "unproven"]);
  });

  test("is not proven by several that announce in turn", () => {
    const watch = new RivalWatch();
    watch.begin(0);
    for (let second = 0; second < 4; second++) {
      expect(watch.onAnnounce(second % 2, true, second * SECOND_NS)).toBe("unproven");
    }
  });

  test("stays when it was there first; an established owner stays whoever comes", () => {
    const newer = new RivalWatch();
    newer.begin(0);
    expect(verdictsAt(newer, [0, 1, 2], false).at(-1)).toBe("stays");
    const established = new RivalWatch();
    established.begin(0);
    expect(verdictsAt(established, [10, 11, 12]).at(-1)).toBe("stays");
  });

  test("is new from the moment on that others can be heard", () => {
    const watch = new RivalWatch();
    expect(verdictsAt(watch, [20, 21, 22]).at(-1)).toBe("gives-way");
    watch.begin(22 * SECOND_NS);
    watch.begin(0);
    expect(verdictsAt(watch, [23, 25]).at(-1)).toBe("gives-way");
    expect(verdictsAt(watch, [27]).at(-1)).toBe("stays");
  });
});
