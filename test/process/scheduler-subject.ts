import { StopSignals } from "../../src/cli/lifetime/signals.ts";
import { type Agent, BusySpinIdle, Scheduler } from "../../src/core/index.ts";

/** A process under test: agents under a scheduler that never rests. The first argument says which. */
const scheduler = new Scheduler({ idle: new BusySpinIdle(), lateThresholdNs: 50_000_000 });
const signals = new StopSignals({ onStop: (signal) => scheduler.stop(signal) });

function say(line: object): void {
  console.log(JSON.stringify(line));
}

/** Always has work, as a producer without a rate does. */
const busy: Agent & { cycles: number } = {
  roleName: "busy",
  cycles: 0,
  doWork() {
    this.cycles += 1;
    return 1;
  },
};

/** Says what it was called for, from a pause until the first work after it. */
function watchful(roleName: string): Agent {
  let isLate = false;
  return {
    roleName,
    onLateCycle: (_nowNs, lateByNs) => {
      isLate = true;
      say({ call: "late", roleName, lateByNs });
    },
    doWork: () => {
      if (!isLate) return 0;
      isLate = false;
      say({ call: "work", roleName });
      return 1;
    },
  };
}

function onceWorking(announce: () => void): Agent {
  let isAnnounced = false;
  return {
    roleName: "announcer",
    doWork: () => {
      if (!isAnnounced) announce();
      isAnnounced = true;
      return 0;
    },
  };
}

switch (process.argv[2]) {
  case "http": {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(String(busy.cycles)) });
    scheduler.add({ ...busy, doWork: () => busy.doWork(0), onClose: () => server.stop(true) });
    say({ port: server.port });
    break;
  }
  case "late":
    scheduler.add(watchful("conductor"));
    scheduler.add(watchful("role"));
    // A pause before the first cycle is not a late cycle: ready is who has begun one.
    scheduler.add(onceWorking(() => say({ ready: true })));
    break;
  case "stuck":
    scheduler.add(busy);
    scheduler.add({
      roleName: "stuck",
      doWork: () => 0,
      onClose: () => {
        say({ closing: true });
        return new Promise<void>(() => undefined);
      },
    });
    say({ ready: true });
    break;
}
await scheduler.run();
say({ ended: scheduler.stopReason, cycles: busy.cycles });
process.exit(signals.exitCode(0));
