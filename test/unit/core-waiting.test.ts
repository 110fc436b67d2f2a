import { expect, test } from "bun:test";
import {
  type Agent,
  ANY_WAIT,
  BackoffIdle,
  CONTINUE,
  type IdleStrategy,
  ManualClock,
  messageOf,
  PARK,
  type Parker,
  Scheduler,
  SleepIdle,
  TIME_PASSED,
  type WaitPoint,
  YIELD_TO_EVENT_LOOP,
} from "../../src/core/index.ts";
import { until } from "../support/until.ts";

const PARKER: Parker = { yieldThread: () => {}, parkNs: () => {} };

/** Writes down what happens to it; `answers` are those of its waits, and the last of them stops the scheduler. */
class Recorder implements WaitPoint {
  readonly log: string[] = [];
  readonly #answers: boolean[];
  readonly #onLast: () => void;
  isThere = true;

  constructor(answers: boolean[], onLast: () => void) {
    this.#answers = answers;
    this.#onLast = onLast;
  }

  arm(): boolean {
    this.log.push("arm");
    return this.isThere;
  }

  wait(restNs: number): boolean {
    this.log.push(`wait ${restNs / 1e6} ms`);
    setImmediate(() => this.log.push("turn"));
    const answer = this.#answers.shift() === true;
    if (this.#answers.length === 0) this.#onLast();
    return answer;
  }
}

/** A scheduler over an agent that waits, and others. */
function waiting(answers: boolean[], others: readonly Agent[] = [], idle: IdleStrategy = new SleepIdle()) {
  // No time passes: a busy machine would end slices earlier, and with them the order of events.
  const scheduler = new Scheduler({ idle, clock: new ManualClock(), sliceNs: 1e9 });
  const point = new Recorder(answers, () => scheduler.stop());
  const work: number[] = [];
  const agent: Agent = {
    roleName: "reader",
    doWork: () => {
      const done = work.shift() ?? 0;
      point.log.push(done > 0 ? "work" : "nothing");
      return done;
    },
    waitPoint: () => point,
  };
  for (const other of [agent, ...others]) scheduler.add(other);
  return { scheduler, point, work };
}

test("a cycle finds nothing between arming and waiting; what ends a wait is looked at before the event loop has its turn", async () => {
  const { scheduler, point } = waiting([false, true, false]);
  await scheduler.run();
  const [before, armed] = ["nothing", "arm"];
  const afterTimeOut = ["arm", "turn", "nothing"];
  const afterWake = ["arm", "nothing"];
  const wait = "wait 1 ms";
  expect(point.log.slice(0, 10)).toEqual([before, armed, "nothing", wait, ...afterTimeOut, wait, ...afterWake]);
});

test("a rest too short for the event loop is spent at the wait point as well, and is a park where there is none", async () => {
  for (const isThere of [true, false]) {
    const parks: number[] = [];
    const parker = { ...PARKER, parkNs: (ns: number) => void (parks.push(ns) === 3 && scheduler.stop()) };
    const { scheduler, point } = waiting([false, true], [], new BackoffIdle(parker, { ...SHORT, maxParkNs: 500_000 }));
    point.isThere = isThere;
    await scheduler.run();
    const waits = point.log.filter((entry) => entry.startsWith("wait"));
    expect([waits, parks]).toEqual(isThere ? [["wait 0.5 ms", "wait 0.5 ms"], []] : [[], [400_000, 500_000, 500_000]]);
  }
});

test("what was found since the arming is worked on, and nothing is waited for then", async () => {
  const { scheduler, point, work } = waiting([false]);
  work.push(0, 3);
  await scheduler.run();
  expect(point.log.slice(0, 5)).toEqual(["nothing", "arm", "work", "nothing", "wait 1 ms"]);
});

test("the thread is not blocked while an agent says nothing of it, or objects, or another one waits for something else", async () => {
  const other: WaitPoint = { arm: () => true, wait: () => true };
  for (const says of [{}, { waitPoint: () => null }, { waitPoint: () => other }]) {
    let cycles = 0;
    const { scheduler, point } = waiting([false], [{ roleName: "other", doWork: () => cycles++ && 0, ...says }]);
    const run = scheduler.run();
    await until(
      () => cycles > 3,
      () => "cycles",
    );
    scheduler.stop();
    await run;
    expect(point.log).not.toContain("arm");
  }
});

test("agents who do not mind are no obstacle, and alone no reason to wait", async () => {
  const calm: Agent = { roleName: "calm", doWork: () => 0, waitPoint: () => ANY_WAIT };
  const { scheduler, point } = waiting([false], [calm]);
  await scheduler.run();
  expect(point.log).toContain("wait 1 ms");
  const alone = new Scheduler({ idle: new SleepIdle() });
  let cycles = 0;
  alone.add({ ...calm, doWork: () => cycles++ && 0 });
  const run = alone.run();
  await until(
    () => cycles > 3,
    () => "cycles of an agent without anything to wait for",
  );
  await alone.close();
  await run;
});

test("where there is nothing to wait for, the rest is the strategy's", async () => {
  const { scheduler, point } = waiting([false]);
  point.isThere = false;
  const run = scheduler.run();
  await until(
    () => point.log.filter((entry) => entry === "nothing").length > 3,
    () => "cycles",
  );
  scheduler.stop();
  await run;
  expect(point.log.some((entry) => entry.startsWith("wait"))).toBe(false);
});

test("a scheduler that was woken by hand does not wait in the same cycle", async () => {
  const { scheduler, point } = waiting([false]);
  const log: string[] = [];
  scheduler.add({
    roleName: "waker",
    doWork: () => {
      log.push(point.log.some((entry) => entry.startsWith("wait")) ? "waited" : "cycle");
      if (log.length < 4) scheduler.wake();
      return 0;
    },
    waitPoint: () => ANY_WAIT,
  });
  await scheduler.run();
  expect(log.slice(0, 4)).toEqual(["cycle", "cycle", "cycle", "cycle"]);
});

test("an agent that fails to say what it waits for is reported, and the thread not blocked", async () => {
  const reports: string[] = [];
  const scheduler = new Scheduler({
    idle: new SleepIdle(),
    onAgentError: ({ phase, agent }) => void reports.push(`${agent.roleName} ${phase}`),
  });
  scheduler.add({
    roleName: "broken",
    doWork: () => 0,
    waitPoint: () => {
      scheduler.stop();
      throw new Error("broken");
    },
  });
  await scheduler.run();
  expect(reports).toEqual(["broken work"]);
});

const SHORT = { maxSpins: 1, maxYields: 1, minParkNs: 400_000, maxParkNs: 1_000_000 };

test("back-off continues with a park after work that came alone after a wait, and starts over after work that did not", () => {
  const parks: number[] = [];
  const idle = new BackoffIdle({ yieldThread: () => {}, parkNs: (ns) => void parks.push(ns) }, SHORT);
  const rests = (count: number): unknown[] =>
    Array.from({ length: count }, () => {
      const outcome = idle.idle(0);
      if (outcome === PARK) idle.park();
      return outcome;
    });
  const whole = [CONTINUE, TIME_PASSED, PARK, PARK, YIELD_TO_EVENT_LOOP];
  expect(rests(5)).toEqual(whole);
  const short = [PARK, PARK, YIELD_TO_EVENT_LOOP];
  const waitedWork = (): void => {
    idle.onWaited();
    idle.idle(1);
  };
  // Whether more will follow shows only after the first time.
  waitedWork();
  expect(rests(5)).toEqual(whole);
  parks.length = 0;
  waitedWork();
  expect(rests(3)).toEqual(short);
  expect(parks).toEqual([400_000, 800_000]);
  // One that follows may be an answer; a second one makes the stream busy, and so it is taken for one the next time.
  idle.idle(1);
  expect(rests(3)).toEqual(short);
  idle.idle(1);
  expect(rests(5)).toEqual(whole);
  waitedWork();
  expect(rests(5)).toEqual(whole);
  waitedWork();
  expect(rests(3)).toEqual(short);
});

test("the event loop has its turn also when waits are ended again and again, without anything to do", async () => {
  const scheduler = new Scheduler({ idle: new SleepIdle() });
  let waits = 0;
  const spamming: WaitPoint = {
    arm: () => true,
    wait: () => {
      if (waits++ === 0) setImmediate(() => scheduler.stop("a turn"));
      Bun.sleepSync(1);
      // Otherwise a failure of this test would never end.
      if (waits > 500) scheduler.stop("no turn");
      return true;
    },
  };
  scheduler.add({ roleName: "reader", doWork: () => 0, waitPoint: () => spamming });
  await scheduler.run();
  expect(scheduler.stopReason).toBe("a turn");
});

test("while an agent closes, which may take turns of the event loop, nothing is waited for", async () => {
  for (const how of ["stop", "remove"] as const) {
    const scheduler = new Scheduler({ idle: new SleepIdle() });
    const log: string[] = [];
    const point: WaitPoint = { arm: () => true, wait: () => log.push("wait") < 0 };
    scheduler.add({ roleName: "reader", doWork: () => 0, waitPoint: () => point });
    const slow: Agent = {
      roleName: "slow to close",
      doWork: () => 0,
      waitPoint: () => ANY_WAIT,
      onClose: async () => {
        log.length = 0;
        await Bun.sleep(20);
        log.push("closed");
      },
    };
    scheduler.add(slow);
    const run = scheduler.run();
    await until(
      () => log.length > 0,
      () => "a wait",
    );
    if (how === "remove") await scheduler.remove(slow);
    scheduler.stop();
    await run;
    expect(log[0]).toBe("closed");
  }
});

test("a wait point that throws is an error of its agent, and the scheduler continues", async () => {
  const reports: string[] = [];
  const scheduler = new Scheduler({
    idle: new SleepIdle(),
    onAgentError: ({ error, agent }) => {
      if (reports.push(`${agent.roleName}: ${messageOf(error)}`) === 2) scheduler.stop();
    },
  });
  const point: WaitPoint = {
    arm: () => {
      if (reports.length === 0) throw new Error("arm");
      return true;
    },
    wait: () => {
      throw new Error("wait");
    },
  };
  scheduler.add({ roleName: "calm", doWork: () => 0, waitPoint: () => ANY_WAIT });
  scheduler.add({ roleName: "reader", doWork: () => 0, waitPoint: () => point });
  await scheduler.run();
  expect(reports).toEqual(["reader: arm", "reader: wait"]);
});
