// Cost of a driver with many streams and many leases, without frames: `npm run bench -- driver-scale`.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CountersReader } from "../src/aeron/counters-reader.ts";
import { Output } from "../src/cli/output/output.ts";
import { driverCounters } from "../src/roles/driver/driver-counters.ts";
import type { CrowdOptions } from "./lease-crowd.ts";

const STREAMS = 256;
const LEASES = 1000;
const MEASURED_MS = 10_000;
const SETTLE_MS = 3000;
const TIMEOUT_MS = 60_000;
/** Clock ticks of /proc/PID/stat, fixed by the kernel's interface to user space. */
const TICKS_PER_SECOND = 100;

const MAIN = [process.execPath, join(import.meta.dir, "../src/cli/main.ts")];

/** The result of one stage. */
interface Stage {
  readonly what: string;
  readonly streams: number;
  readonly leases: number;
  /** CPU time of the driver's process, in percent of one core. */
  readonly cpu: number;
  readonly keepalivesPerSecond: number;
  readonly announcesPerSecond: number;
}

/** The media driver runs in its own process, so that it does not count towards the driver's CPU time. */
class Deployment implements AsyncDisposable {
  readonly #path = mkdtempSync("/dev/shm/tensorpool-bench-");
  readonly aeronDir = join(this.#path, "aeron");
  readonly #children: Bun.Subprocess<"ignore", "pipe", "pipe">[] = [];
  readonly driverPid: number;

  constructor(streams: number) {
    this.#start([...MAIN, "media-driver", "--aeron-dir", this.aeronDir, "--linger", "0"]);
    const ids = Array.from({ length: streams }, (_, i) => i + 1).join(",");
    const place = [
      "--aeron-dir",
      this.aeronDir,
      "--shm-dir",
      join(this.#path, "regions"),
      "--media-driver",
      "external",
    ];
    const layout = ["--stream", ids, "--slots", "4", "--pool", "4KiB"];
    this.driverPid = this.#start([...MAIN, "driver", ...place, ...layout]).pid;
  }

  crowd(options: Omit<CrowdOptions, "aeronDir">): void {
    const argument = JSON.stringify({ ...options, aeronDir: this.aeronDir });
    this.#start([process.execPath, join(import.meta.dir, "lease-crowd.ts"), argument]);
  }

  counters(): Readonly<Record<string, number>> {
    try {
      using reader = CountersReader.open(this.aeronDir);
      const records = reader.snapshot();
      const counterOf = (typeId: number): number =>
        Number(records.find((record) => record.typeId === typeId)?.value ?? 0n);
      return Object.fromEntries(driverCounters().list.map(({ name, typeId = 0 }) => [name, counterOf(typeId)]));
    } catch {
      // The media driver has not created its file yet.
      return {};
    }
  }

  /** Waits until a counter of the driver reaches `count`. */
  async reaches(name: string, count: number): Promise<void> {
    const endMs = performance.now() + TIMEOUT_MS;
    while ((this.counters()[name] ?? 0) < count) {
      const dead = this.#children.find(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
      if (dead !== undefined || performance.now() > endMs) {
        throw new Error(
          `expected ${count} ${name}, found ${this.counters()[name]}\n${(await dead?.stderr.text()) ?? ""}`,
        );
      }
      await Bun.sleep(50);
    }
  }

  async measure(what: string, streams: number, leases: number): Promise<Stage> {
    await Bun.sleep(SETTLE_MS);
    const [beganMs, cpuBefore, before] = [performance.now(), cpuSeconds(this.driverPid), this.counters()];
    await Bun.sleep(MEASURED_MS);
    const [seconds, cpuAfter, after] = [
      (performance.now() - beganMs) / 1000,
      cpuSeconds(this.driverPid),
      this.counters(),
    ];
    const rate = (name: string): number => ((after[name] ?? 0) - (before[name] ?? 0)) / seconds;
    return {
      what,
      streams,
      leases,
      cpu: ((cpuAfter - cpuBefore) / seconds) * 100,
      keepalivesPerSecond: rate("keepalives"),
      announcesPerSecond: rate("announces"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.reverse()) {
      child.kill("SIGKILL");
      await child.exited;
    }
    rmSync(this.#path, { recursive: true, force: true });
  }

  #start(command: readonly string[]): Bun.Subprocess<"ignore", "pipe", "pipe"> {
    const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    this.#children.push(child);
    return child;
  }
}

/** User and system CPU time of a process so far, in seconds. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function measureAll(): Promise<Stage[]> {
  const stages: Stage[] = [];
  {
    await using small = new Deployment(1);
    await small.reaches("epochsMade", 1);
    stages.push(await small.measure("one stream, no lease: the idle duty cycle", 1, 0));
  }
  await using large = new Deployment(STREAMS);
  await large.reaches("epochsMade", STREAMS);
  stages.push(await large.measure("announces, and counters ten times a second", STREAMS, 0));
  large.crowd({ streams: STREAMS, leases: LEASES });
  await large.reaches("attaches", LEASES);
  stages.push(await large.measure("with keepalives of all leases, and their counters", STREAMS, LEASES));
  if ((large.counters().leasesExpired ?? 0) > 0) throw new Error("expected leases that live, found some that expired");
  return stages;
}

const output = new Output({ format: "table" });
const stages = await measureAll();
output.rows(
  [
    { header: "streams", cell: ({ streams }) => `${streams}` },
    { header: "leases", cell: ({ leases }) => `${leases}` },
    { header: "CPU, % of a core", cell: ({ cpu }) => cpu.toFixed(1) },
    { header: "announces/s", cell: (stage) => stage.announcesPerSecond.toFixed(0) },
    { header: "keepalives/s", cell: (stage) => stage.keepalivesPerSecond.toFixed(0) },
    { header: "", cell: ({ what }) => what, align: "left" },
  ],
  stages,
);
const [idle, , all] = stages;
output.line(`announce and keepalive work: ${((all?.cpu ?? 0) - (idle?.cpu ?? 0)).toFixed(1)} % of a core`);
await output.flush();
