import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { cpuSecondsOf } from "../process-cost.ts";
import { type RecorderRow, startRecorder } from "../recorder-run.ts";
import { RoleRows } from "../rows.ts";
import { BENCH_STREAM_ID, startJob, startMediaDriver } from "../stream-run.ts";
import type { RoleReport } from "../worker/jobs.ts";
import type { Workspace } from "../workspace.ts";

const MIB = 1024 * 1024;
const PAYLOAD_BYTES = MIB;
/** Well below the capacity of two cores: the question is whether a recorder slows down the other roles. */
const RATE_HZ = 200;
const SLOTS = 64;
const SECONDS = 5;
const SETTLING_MS = 1000;
const MAX_CHANGE = 0.03;
const TIMEOUT_MS = 60_000;

interface Disk {
  readonly name: string;
  readonly where: "disk" | "memory";
  readonly options: readonly string[];
  /** True if the recorder has reached the wanted state. */
  hasBegun(row: RecorderRow): boolean;
}

const isRecording = ({ recorded }: RecorderRow): boolean => recorded > 0;
const DISKS: readonly Disk[] = [
  { name: "to /dev/shm", where: "memory", options: ["--min-free", "0%"], hasBegun: isRecording },
  {
    name: "to a disk whose writes are awaited",
    where: "disk",
    options: ["--min-free", "0%", "--page-cache", "16MiB", "--buffer", "64MiB"],
    hasBegun: isRecording,
  },
  {
    name: "to a full disk",
    where: "memory",
    options: ["--min-free", "900TiB", "--buffer", "64MiB"],
    hasBegun: ({ state, lost }) => state === "full" && lost > 0,
  },
];

/** The effect of a recorder on a producer at a steady rate and on a consumer beside it. */
export async function recordLoad(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const disk = mkdtempSync(join(tmpdir(), "tensorpool-bench-"));
  const [memory, place] = [workspace.place(), workspace.place()];
  const payloadBytes = options.payloadBytes ?? PAYLOAD_BYTES;
  const rateHz = options.rateHz ?? RATE_HZ;
  const stretchMs = (options.seconds ?? SECONDS) * 1000;
  const { aeronDir, shmDir } = place;
  const role = { aeronDir, shmDir, embedded: false, idle: "backoff", streamId: BENCH_STREAM_ID } as const;
  const [produced, watched] = [new RoleRows(), new RoleRows()];
  const driver = startMediaDriver(workspace, place);
  const consumer = startJob<RoleReport>(
    workspace,
    { kind: "consumer", ...role, reads: "nothing", payloadBytes, rows: true },
    { onLine: watched.onLine },
  );
  const producer = startJob<RoleReport>(
    workspace,
    {
      ...{ kind: "producer", ...role, payloadBytes, slots: SLOTS, fill: "copy", flow: "drop" },
      ...{ frames: null, seconds: null, rateHz, consumers: 1, rows: true },
    },
    { onLine: produced.onLine },
  );
  const stretch = async (): Promise<{ published: number; accepted: number }> => {
    const beginMs = performance.now();
    await sleep(stretchMs);
    const endMs = performance.now();
    return {
      published: produced.rateDuring("published", beginMs, endMs),
      accepted: watched.rateDuring("accepted", beginMs, endMs),
    };
  };
  try {
    await began(() => watched.last("accepted") > rateHz, producer.child.errors);
    const figures: Figure[] = [];
    const json: Record<string, unknown> = {};
    for (const { name, where, options: more, hasBegun } of DISKS) {
      say(`record: a producer at ${rateHz}/s without a recorder, and with one ${name}`);
      await sleep(SETTLING_MS);
      const before = await stretch();
      const path = join(where === "disk" ? disk : memory.dir, "load.mcap");
      const { child, rows } = startRecorder(workspace, place, path, more);
      await began(() => rows.some(hasBegun), child.errors);
      const [cpuBefore, beganMs] = [cpuSecondsOf(child.pid), performance.now()];
      const during = await stretch();
      const cores = (cpuSecondsOf(child.pid) - cpuBefore) / ((performance.now() - beganMs) / 1000);
      await child.stop();
      rmSync(path, { force: true });
      const section = `record, ${payloadBytes / 1024} KiB at ${rateHz}/s ${name}`;
      const change = (what: "published" | "accepted", text: string): Figure => {
        const ratio = during[what] / before[what];
        const target = { text: `within ${MAX_CHANGE * 100} %`, met: Math.abs(ratio - 1) < MAX_CHANGE };
        return {
          section,
          name: text,
          value: during[what],
          unit: "frames/s",
          ratio: { value: ratio, to: "without" },
          target,
        };
      };
      figures.push(
        change("published", "published beside a recorder"),
        change("accepted", "accepted by a consumer beside it"),
        { section, name: "CPU of the recorder", value: cores, unit: "cores", target: { text: "< 1", met: cores < 1 } },
      );
      json[section] = { before, during, recorderCores: cores };
    }
    return { json, figures };
  } finally {
    await producer.child.stop();
    await consumer.child.stop();
    await driver.stop();
    rmSync(disk, { recursive: true, force: true });
    workspace.remove(place);
    workspace.remove(memory);
  }
}

async function began(condition: () => boolean, errors: readonly string[]): Promise<void> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > deadlineMs) {
      throw new Error(`expected frames within ${TIMEOUT_MS / 1000} s, found none:\n  ${errors.slice(-5).join("\n  ")}`);
    }
    await sleep(50);
  }
}
