import { describe, expect, test } from "bun:test";
import {
  type Agent,
  type AgentErrorReport,
  BusySpinIdle,
  CONTINUE,
  ManualClock,
  Scheduler,
  type SchedulerOptions,
  SleepIdle,
} from "../../src/core/index.ts";

const clock = new ManualClock();

function schedulerWith(options: Partial<SchedulerOptions> = {}): { scheduler: Scheduler; reports: AgentErrorReport[] } {
  const reports: AgentErrorReport[] = [];
  const onAgentError = (report: AgentErrorReport) => void reports.push(report);
  const scheduler = new Scheduler({ idle: new BusySpinIdle(), clock, onAgentError, ...options });
  return { scheduler, reports };
}

/** What an agent's work returns that found it was the last. */
function stopped(scheduler: Scheduler): number {
  scheduler.stop();
  return 0;
}

/** An agent that writes down what is called. */
function recorded(log: string[], roleName: string, overrides: Partial<Agent> = {}): Agent {
  return {
    roleName,
    onStart: () => void log.push(`${roleName} start`),
    doWork: () => {
      log.push(`${roleName} work`);
      return 1;
    },
    onClose: () => void log.push(`${roleName} close`),
    onLateCycle: (_nowNs, lateByNs) => void log.push(`${roleName} late ${lateByNs}`),
    ...overrides,
  };
}

describe("a scheduler driven by hand", () => {
  test("starts agents in order, runs them in order, sums their work, closes them in reverse order, once", async () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    scheduler.add(recorded(log, "a"));
    scheduler.add(recorded(log, "b", { doWork: () => 41 }));
    expect(scheduler.step()).toBe(42);
    await scheduler.close();
    await scheduler.close();
    expect(log).toEqual(["a start", "b start", "a work", "b close", "a close"]);
    expect(scheduler.isClosed).toBe(true);
    expect(() => scheduler.step()).toThrow("closed");
  });

  test("gives every agent of a cycle the same time, read once", () => {
    const times: number[] = [];
    const manual = new ManualClock(500);
    const { scheduler } = schedulerWith({ clock: manual });
    const agent = (): Agent => ({ roleName: "t", doWork: (nowNs) => times.push(nowNs) && manual.advance(7) });
    scheduler.add(agent());
    scheduler.add(agent());
    scheduler.step();
    expect(times).toEqual([500, 500]);
    expect(scheduler.cycleTimes.maxNs).toBe(14);
  });

  test("an agent added while running is started at once; what its start throws reaches the caller, and it is closed", () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    scheduler.step();
    scheduler.add(recorded(log, "a"));
    expect(log).toEqual(["a start"]);
    const onStart = () => {
      throw new Error("no such stream");
    };
    expect(() => scheduler.add(recorded(log, "b", { onStart }))).toThrow("no such stream");
    expect(log).toEqual(["a start", "b close"]);
    expect(scheduler.agents.map((agent) => agent.roleName)).toEqual(["a"]);
  });

  test("the same agent is not added twice", () => {
    const { scheduler } = schedulerWith();
    const agent = recorded([], "a");
    scheduler.add(agent);
    expect(() => scheduler.add(agent)).toThrow("a is in this scheduler already");
  });

  test("an agent that removes another during a cycle: it works no more, and closes after the cycle", async () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    const second = recorded(log, "b");
    const remover = recorded(log, "a", {
      doWork: () => {
        void scheduler.remove(second);
        log.push("removed");
        return 0;
      },
    });
    scheduler.add(remover);
    scheduler.add(second);
    scheduler.add(recorded(log, "c"));
    scheduler.step();
    expect(log).toEqual(["a start", "b start", "c start", "removed", "c work", "b close"]);
    await scheduler.remove(second);
    expect(log.filter((entry) => entry === "b close")).toHaveLength(1);
  });

  test("an agent that closes the scheduler from its work is closed when its work has returned", async () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    let closed: Promise<void> | undefined;
    const doWork = () => {
      closed = scheduler.close("enough");
      log.push("work returns");
      return 1;
    };
    scheduler.add(recorded(log, "a", { doWork }));
    scheduler.step();
    await closed;
    expect(log).toEqual(["a start", "work returns", "a close"]);
    expect(scheduler.stopReason).toBe("enough");
  });

  test("a throwing agent is reported and does not stop the others", () => {
    const log: string[] = [];
    const { scheduler, reports } = schedulerWith();
    const failing = recorded(log, "bad", {
      doWork: () => {
        throw new Error("boom");
      },
    });
    scheduler.add(failing);
    scheduler.add(recorded(log, "good"));
    expect(scheduler.step()).toBe(1);
    expect(log.at(-1)).toBe("good work");
    expect(reports).toEqual([{ error: new Error("boom"), agent: failing, phase: "work", fatal: false, unreported: 0 }]);
  });

  test("an agent that throws in every cycle is counted every time, reported five times and then once a second", () => {
    const manual = new ManualClock();
    const { scheduler, reports } = schedulerWith({ clock: manual });
    const doWork = () => {
      throw new Error("boom");
    };
    scheduler.add({ roleName: "bad", doWork });
    for (let i = 0; i < 1000; i++) scheduler.step();
    expect(reports).toHaveLength(5);
    manual.advance(1_000_000_000);
    scheduler.step();
    expect(scheduler.agentErrors).toBe(1001);
    expect(reports).toHaveLength(6);
    expect(reports.at(-1)?.unreported).toBe(995);
  });

  test("an error of a vital agent is thrown by the step, and everything closes", async () => {
    const log: string[] = [];
    const { scheduler, reports } = schedulerWith();
    scheduler.add(recorded(log, "other"));
    const doWork = () => {
      throw new Error("no more");
    };
    scheduler.add(recorded(log, "purpose", { doWork }), { vital: true });
    expect(() => scheduler.step()).toThrow("no more");
    await scheduler.close();
    expect(log.slice(-2)).toEqual(["purpose close", "other close"]);
    expect(reports[0]?.fatal).toBe(true);
    expect(() => scheduler.add(recorded(log, "late"))).toThrow("the scheduler was stopped");
  });

  test("an agent that cannot start is reported, closed and never run; the others run", () => {
    const log: string[] = [];
    const { scheduler, reports } = schedulerWith();
    const onStart = () => {
      throw new Error("cannot open");
    };
    scheduler.add(recorded(log, "bad", { onStart }));
    scheduler.add(recorded(log, "good"));
    scheduler.step();
    expect(log).toEqual(["good start", "bad close", "good work"]);
    expect(reports[0]?.phase).toBe("start");
  });

  test("an error in onClose, thrown or rejected, does not keep the others from closing", async () => {
    const log: string[] = [];
    const { scheduler, reports } = schedulerWith();
    scheduler.add(recorded(log, "a"));
    const onClose = () => {
      throw new Error("thrown");
    };
    scheduler.add(recorded(log, "b", { onClose }));
    scheduler.add(recorded(log, "c", { onClose: () => Promise.reject(new Error("rejected")) }));
    scheduler.step();
    await scheduler.close();
    expect(log.at(-1)).toBe("a close");
    expect(reports.map((report) => [report.phase, (report.error as Error).message])).toEqual([
      ["close", "rejected"],
      ["close", "thrown"],
    ]);
  });

  test("an asynchronous onClose is awaited before the next agent closes, while steps keep the others going", async () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    const drained = Promise.withResolvers<void>();
    scheduler.add(recorded(log, "a"));
    scheduler.add(recorded(log, "b", { onClose: () => drained.promise.then(() => void log.push("b closed")) }));
    scheduler.step();
    log.length = 0;
    const closed = scheduler.close();
    expect(scheduler.step()).toBe(1);
    drained.resolve();
    await closed;
    expect(log).toEqual(["a work", "b closed", "a close"]);
  });

  test("a handler of errors that throws ends everything with its error", () => {
    const onAgentError = () => {
      throw new Error("I give up");
    };
    const { scheduler } = schedulerWith({ onAgentError });
    const doWork = () => {
      throw new Error("boom");
    };
    scheduler.add({ roleName: "bad", doWork });
    expect(() => scheduler.step()).toThrow("I give up");
  });

  test("a cycle that begins late tells every agent in order before any of them works", () => {
    const log: string[] = [];
    const manual = new ManualClock();
    const { scheduler } = schedulerWith({ clock: manual, lateThresholdNs: 1000 });
    scheduler.add(recorded(log, "conductor"));
    scheduler.add(recorded(log, "b"));
    scheduler.step();
    manual.advance(1000);
    scheduler.step();
    expect(scheduler.lateCycles).toBe(0);
    log.length = 0;
    manual.advance(1001);
    scheduler.step();
    expect(log).toEqual(["conductor late 1001", "b late 1001", "conductor work", "b work"]);
    expect(scheduler.lateCycles).toBe(1);
  });

  test("cycles longer than the threshold are counted as stalls", () => {
    const manual = new ManualClock();
    const { scheduler } = schedulerWith({ clock: manual, stallThresholdNs: 100 });
    let workNs = 100;
    scheduler.add({ roleName: "slow", doWork: () => manual.advance(workNs) });
    scheduler.step();
    workNs = 101;
    scheduler.step();
    expect(scheduler.cycleTimes).toMatchObject({ stalls: 1, maxNs: 101 });
  });

  test("agents that were never started are closed as well", async () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    scheduler.add(recorded(log, "a"));
    await scheduler.close();
    expect(log).toEqual(["a close"]);
  });
});

describe("a scheduler that runs", () => {
  test("run resolves after an orderly close; stop is idempotent and keeps the first reason", async () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    scheduler.add(
      recorded(log, "a", {
        doWork: () => {
          scheduler.stop("first");
          scheduler.stop("second");
          return 1;
        },
      }),
    );
    await scheduler.run();
    expect(log).toEqual(["a start", "a close"]);
    expect(scheduler.stopReason).toBe("first");
    expect(() => scheduler.run()).toThrow("this one is closed");
  });

  test("run rejects with a vital agent's error, after everything has closed", async () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    scheduler.add(recorded(log, "a", { doWork: () => 0 }));
    const doWork = () => {
      throw new Error("driver gone");
    };
    scheduler.add(recorded(log, "b", { doWork }), { vital: true });
    await expect(scheduler.run()).rejects.toThrow("driver gone");
    expect(log).toEqual(["a start", "b start", "b close", "a close"]);
  });

  test("run rejects when a vital agent cannot start; no agent works", async () => {
    const log: string[] = [];
    const { scheduler } = schedulerWith();
    const onStart = () => {
      throw new Error("no driver");
    };
    scheduler.add(recorded(log, "b", { onStart }), { vital: true });
    scheduler.add(recorded(log, "c"));
    await expect(scheduler.run()).rejects.toThrow("no driver");
    expect(log.filter((entry) => entry.endsWith("work"))).toEqual([]);
  });

  test("run rejects when a vital agent does not close properly: what it was to complete may be lost", async () => {
    const { scheduler } = schedulerWith();
    const onClose = () => Promise.reject(new Error("disk full"));
    scheduler.add({ roleName: "sink", doWork: () => stopped(scheduler), onClose }, { vital: true });
    await expect(scheduler.run()).rejects.toThrow("disk full");
  });

  test("the remaining agents continue working while one takes its time to close", async () => {
    const { scheduler } = schedulerWith({ clock: { nanoTime: () => Bun.nanoseconds() } });
    const worked = Promise.withResolvers<void>();
    let isClosing = false;
    const driver: Agent = {
      roleName: "driver",
      doWork: () => {
        if (isClosing) worked.resolve();
        return 1;
      },
    };
    const sink: Agent = {
      roleName: "sink",
      doWork: () => stopped(scheduler),
      onClose: () => {
        isClosing = true;
        return worked.promise;
      },
    };
    scheduler.add(driver);
    scheduler.add(sink);
    await scheduler.run();
    expect(scheduler.isClosed).toBe(true);
  });

  test("a rest of an hour is cut short by wake", async () => {
    const { scheduler } = schedulerWith({
      clock: { nanoTime: () => Bun.nanoseconds() },
      idle: new SleepIdle(3_600_000_000_000),
    });
    let cycles = 0;
    const doWork = () => {
      cycles += 1;
      return 0;
    };
    scheduler.add({ roleName: "a", doWork });
    const ended = scheduler.run();
    const until = async (count: number) => {
      while (cycles < count) await new Promise(setImmediate);
    };
    await until(1);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const before = cycles;
    scheduler.wake();
    await until(before + 1);
    scheduler.stop();
    await ended;
  });

  test("as a guest it returns to its host whenever there is nothing to do, without asking the idle strategy", async () => {
    const idle = new BusySpinIdle();
    let asked = 0;
    idle.idle = () => {
      asked += 1;
      return CONTINUE;
    };
    const { scheduler } = schedulerWith({ idle, drive: "timer" });
    let cycles = 0;
    // The clock is paused: a slice would never end by time.
    const doWork = () => {
      cycles += 1;
      return cycles === 5 ? stopped(scheduler) : 0;
    };
    scheduler.add({ roleName: "a", doWork });
    await scheduler.run();
    expect(cycles).toBe(5);
    expect(asked).toBe(0);
  });

  test("step is refused while the scheduler drives itself", async () => {
    const { scheduler } = schedulerWith();
    const ended = scheduler.run();
    expect(() => scheduler.step()).toThrow("does not run by itself");
    await scheduler.close();
    await ended;
  });
});
