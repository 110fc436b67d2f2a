// Each checker of the soak finds what it is there for, and nothing in what is right.
import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { PollOptions } from "../../../src/roles/frame-handler.ts";
import { TestFolder } from "../../support/test-folder.ts";
import { until } from "../../support/until.ts";
import { AccountBook, type Balance, countedBy, producerProblem } from "./account-book.ts";
import type { Part } from "./cast.ts";
import { watchConsumer } from "./consumer-watch.ts";
import { DeliveryCheck, readFrame } from "./delivery-check.ts";
import { growthProblems, holdingsOf } from "./growth.ts";
import { fillPattern, patternProblem } from "./pattern.ts";
import { Role } from "./role.ts";
import { describeStep, FAULT_KINDS, scheduleOf } from "./schedule.ts";
import { SilenceWatch } from "./silence.ts";
import { leftovers } from "./soak-run.ts";

const RUN = 0x1234_5678;

function frameOf(number: number, words = 64): Uint32Array {
  const frame = new Uint32Array(words);
  fillPattern(frame, RUN, number);
  return frame;
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

describe("the pattern of frames", () => {
  test("a frame that is whole has no problem", () => {
    for (const words of [3, 4, 64, 16_384]) expect(patternProblem(frameOf(7, words))).toBeNull();
  });

  test("every changed byte is found", () => {
    const bytes = bytesOf(frameOf(7));
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect({ at, problem: readFrame(changed).problem }).not.toEqual({ at, problem: null });
    }
  });

  test("the end of another frame, and a frame that was cut, are found", () => {
    for (const other of [frameOf(8), frameOf(6)]) {
      for (const from of [3, 32, 63]) {
        const mixed = frameOf(7);
        mixed.set(other.subarray(from), from);
        expect(patternProblem(mixed)).toMatch(/^word \d+ of 64 is/);
      }
    }
    expect(patternProblem(frameOf(7).subarray(0, 63))).toBe("63 words where 64 were written");
    expect(readFrame(bytesOf(frameOf(7)).subarray(0, 5)).problem).toBe("5 bytes");
  });
});

describe("deliveries", () => {
  const whole = { problem: null, run: RUN };

  test("frames in order, with gaps, in two epochs and of two runs are right", () => {
    const check = new DeliveryCheck(true);
    expect(check.accept("1", 0, { ...whole, number: 0 })).toBeNull();
    expect(check.accept("1", 5, { ...whole, number: 6 })).toBeNull();
    expect(check.accept("2", 0, { ...whole, number: 7 })).toBeNull();
    expect(check.accept("3", 0, { problem: null, run: 1, number: 0 })).toBeNull();
    expect(check.accepted).toBe(4);
  });

  test("a torn frame, a seq that comes twice and a frame that comes twice are found", () => {
    const check = new DeliveryCheck(true);
    expect(check.accept("1", 4, { ...whole, number: 4 })).toBeNull();
    expect(check.accept("1", 5, { problem: "word 3", run: 0, number: 0 })).toMatch(/^torn: frame 5 of epoch 1: word 3/);
    expect(check.accept("1", 4, { ...whole, number: 6 })).toMatch(/^accepted twice: frame 4/);
    expect(check.accept("2", 0, { ...whole, number: 4 })).toMatch(/^accepted twice: frame 0 of epoch 2 is number 4/);
  });

  test("a file that is repeated may bring the same frames again", () => {
    const check = new DeliveryCheck(false);
    expect(check.accept("1", 0, { ...whole, number: 9 })).toBeNull();
    expect(check.accept("1", 1, { ...whole, number: 0 })).toBeNull();
    expect(check.accept("1", 1, { ...whole, number: 1 })).toMatch(/^accepted twice/);
  });
});

describe("accounts", () => {
  const first: Balance = { epoch: 1n, seq: 10, counted: 100 };

  test("every frame under one counter is right, also over the end of an epoch", () => {
    const book = new AccountBook();
    expect(book.balance(first)).toBeNull();
    expect(book.balance({ epoch: 1n, seq: 15, counted: 105 })).toBeNull();
    expect(book.balance({ epoch: 2n, seq: 3, counted: 300 })).toBeNull();
    expect(book.balance({ epoch: 2n, seq: 4, counted: 301 })).toBeNull();
  });

  test("a frame that no counter has, one that two have, and an epoch that goes back are found", () => {
    for (const counted of [104, 106]) {
      const book = new AccountBook();
      book.balance(first);
      expect(book.balance({ epoch: 1n, seq: 15, counted })).toBe(
        `account: frames 11 to 15 of epoch 1 are 5, counted were ${counted - 100}`,
      );
    }
    const book = new AccountBook();
    book.balance({ ...first, epoch: 2n });
    expect(book.balance(first)).toBe("epoch 2 was followed by the lower epoch 1");
  });

  test("a consumer's account is accepted, skipped and every cause of loss", () => {
    expect(countedBy({ accepted: 5, skipped: 3, gap: 1, odd: 1, headerDims: 1, unmapped: 7, bytes: 900 })).toBe(11);
  });

  test("a producer's claims have one outcome each, but for those under way", () => {
    const counters = { claimed: 10, published: 6, aborted: 1, descriptorBackPressured: 2 };
    expect(producerProblem({ ...counters, descriptorClosed: 1 }, 0)).toBeNull();
    expect(producerProblem(counters, 1)).toBeNull();
    expect(producerProblem(counters, 0)).toMatch(/10 frames were claimed, 9 have an outcome/);
    expect(producerProblem({ ...counters, published: 8 }, 5)).toMatch(/10 frames were claimed, 11 have an outcome/);
  });
});

/** A consumer that reads frames in which every third was lost, and counts them as it is told to. */
function newConsumer(lossesCounted: number) {
  return class {
    readonly epoch = 1n;
    readonly #counts = { accepted: 0, gap: 0 };
    readonly counters = { snapshot: () => ({ ...this.#counts }) };
    seq = 0;

    poll(_: unknown, options: PollOptions = {}): number {
      if (this.seq % 3 === 0) {
        this.#counts.gap += lossesCounted;
        this.seq++;
      }
      this.#counts.accepted++;
      options.settled?.(this.seq++, true);
      return 1;
    }
  };
}

describe("the watch within a consumer's process", () => {
  for (const { title, lossesCounted, expected } of [
    { title: "is content with losses that are counted", lossesCounted: 1, expected: [] },
    {
      title: "finds losses that are not counted",
      lossesCounted: 0,
      expected: ["account: frames 3 to 4 of epoch 1 are 2, counted were 1"],
    },
    {
      title: "finds losses that are counted twice",
      lossesCounted: 2,
      expected: ["account: frames 3 to 4 of epoch 1 are 2, counted were 3"],
    },
  ]) {
    test(title, () => {
      const Watched = newConsumer(lossesCounted);
      const found: string[] = [];
      watchConsumer((problem) => found.push(problem), Watched);
      const consumer = new Watched();
      for (let i = 0; i < 3; i++) consumer.poll(null);
      expect(found).toEqual(expected);
    });
  }
});

describe("silence", () => {
  const look = { elapsedMs: 1000, starvedMs: 0, isDisturbed: false, hasProgressed: false };

  test("is found once, after the limit, and again after progress", () => {
    const watch = new SilenceWatch(5000);
    const looks = Array.from({ length: 8 }, () => watch.look(look));
    expect(looks).toEqual([false, false, false, false, false, true, false, false]);
    watch.look({ ...look, hasProgressed: true });
    expect(Array.from({ length: 6 }, () => watch.look(look)).at(-1)).toBe(true);
  });

  test("a disturbance begins the time again, and what the machine took does not count", () => {
    const watch = new SilenceWatch(5000);
    for (let i = 0; i < 20; i++) expect(watch.look({ ...look, isDisturbed: i % 5 === 0 })).toBe(false);
    for (let i = 0; i < 20; i++) expect(watch.look({ ...look, starvedMs: 1500 })).toBe(false);
  });
});

describe("growth", () => {
  test("more memory, descriptors or threads are found", () => {
    const before = holdingsOf(process.pid);
    if (before === null) throw new Error("expected the holdings of this process, found none");
    expect(before.memoryBytes).toBeGreaterThan(1 << 20);
    expect(before.descriptors).toBeGreaterThan(2);
    expect(before.threads).toBeGreaterThan(0);
    expect(growthProblems(before, before)).toEqual([]);
    const more = { memoryBytes: before.memoryBytes + (100 << 20), descriptors: 50, threads: before.threads + 5 };
    expect(growthProblems({ ...before, descriptors: 20 }, more)).toEqual([
      `growth: memoryBytes ${before.memoryBytes} before, ${more.memoryBytes} now`,
      "growth: descriptors 20 before, 50 now",
      `growth: threads ${before.threads} before, ${more.threads} now`,
    ]);
  });
});

describe("leftovers", () => {
  test("every path that is left is named", async () => {
    const folder = new TestFolder();
    try {
      expect(leftovers(folder.path)).toBeNull();
      await Bun.write(join(folder.path, "aeron", "cnc.dat"), "");
      expect(leftovers(folder.path)).toBe("not empty at the end: aeron aeron/cnc.dat");
    } finally {
      folder.remove();
    }
  });
});

describe("a role", () => {
  const folders: TestFolder[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) folder.remove();
  });

  /** Plays a role whose process is a script of bash. */
  async function play(script: string, name: string, isOver: (role: Role, found: readonly string[]) => boolean) {
    const folder = new TestFolder();
    folders.push(folder);
    const found: string[] = [];
    const part: Part = {
      name,
      command: ["bash", "-c", script],
      peers: [],
      upLine: /up/,
      showsBy: "rows",
      progress: (line) => JSON.parse(line).n,
    };
    const role = new Role(part, folder.path, (_, what) => found.push(what));
    role.start();
    try {
      await until(
        () => {
          role.step(performance.now(), { isMediaDriverGone: false, isFull: false });
          // Time goes by a hundred times as fast.
          role.judge(300, 0, false, true);
          return isOver(role, found);
        },
        () => `the role to be judged, found ${found}`,
      );
    } finally {
      role.destroy();
    }
    return found;
  }

  test("that dies, crashes, reports a finding, is silent or never up is found", async () => {
    const has = (_: Role, found: readonly string[]): boolean => found.length > 0;
    expect(await play("echo up >&2; exit 3", "a", has)).toEqual(["died: exit code 3"]);
    expect(await play("echo up >&2; kill -SEGV $$", "a", has)).toEqual(["died: SIGSEGV"]);
    expect(await play("echo 'finding: torn' >&2; sleep 9", "a", has)).toEqual(["torn"]);
    expect(await play("echo 'panic(main thread): x' >&2; sleep 9", "a", has)).toEqual(["crash: panic(main thread): x"]);
    expect(await play("echo up >&2; exec sleep 9", "a", has)).toEqual([expect.stringMatching(/^silent: /)]);
    expect(await play("exec sleep 9", "a", has)).toEqual([expect.stringMatching(/^not up /)]);
  });

  test("a producer whose account does not close is found", async () => {
    const row = JSON.stringify({ n: 1, counters: { claimed: 1, published: 2 } });
    const found = await play(`echo up >&2; echo '${row}'; sleep 9`, "producer 1", (_, all) => all.length > 0);
    expect(found).toEqual([expect.stringMatching(/^account: 1 frames were claimed, 2 have/)]);
  });

  test("one that does not end, or ends badly, is found", async () => {
    let isTold = false;
    const tell = (role: Role, found: readonly string[]): boolean => {
      if (!isTold && role.isWorking) {
        isTold = true;
        role.dismiss();
      }
      return found.length > 0;
    };
    expect(await play(`trap 'exit 5' TERM; echo up >&2; while :; do sleep 0.01; done`, "a", tell)).toEqual([
      "ended by SIGTERM with exit code 5, expected 0",
    ]);
    isTold = false;
    expect(await play(`trap '' TERM; echo up >&2; sleep 9`, "a", tell)).toEqual([
      expect.stringMatching(/^does not end/),
    ]);
  });
});

describe("the schedule", () => {
  const targets = ["a", "b", "c", "d", "e", "f"];

  test("follows from the seed, and has every fault", () => {
    const steps = scheduleOf(5, 60, targets, FAULT_KINDS);
    expect(scheduleOf(5, 60, targets, FAULT_KINDS)).toEqual([...steps]);
    expect(scheduleOf(6, 60, targets, FAULT_KINDS)).not.toEqual([...steps]);
    expect(new Set(steps.map(({ fault }) => fault.kind)).size).toBe(5);
    for (const step of steps) expect(describeStep(step)).toMatch(/^ *[\d.]+ s {2}\w+ /);
    const stops = steps.flatMap(({ fault }) => (fault.kind === "stop" ? [fault.forMs] : []));
    expect(Math.min(...stops)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...stops)).toBeLessThanOrEqual(20_000);
    expect(Math.max(...stops)).toBeGreaterThan(15_000);
  });

  test("nothing is started while memory is full, and kinds of faults can be left out", () => {
    for (let seed = 0; seed < 50; seed++) {
      const steps = scheduleOf(seed, 20, targets, FAULT_KINDS);
      for (const { atMs, fault } of steps) {
        if (fault.kind !== "fill") continue;
        const beside = steps.filter((other) => Math.abs(other.atMs - atMs) < fault.forMs);
        expect(beside.filter((other) => other.fault.kind === "kill" || other.fault.kind === "end")).toEqual([]);
      }
      expect(scheduleOf(seed, 20, targets, ["kill", "end"])).toEqual(
        steps.filter(({ fault }) => fault.kind === "kill" || fault.kind === "end"),
      );
    }
  });
});
