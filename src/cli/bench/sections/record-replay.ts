import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { selfCommand } from "../../../aeron/self-command.ts";
import { Recording } from "../../../recording/recording.ts";
import type { Figure, SectionResult } from "../figures.ts";
import { say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { placeArguments, recordFile, startRecorder } from "../recorder-run.ts";
import { RoleRows } from "../rows.ts";
import { median } from "../statistics.ts";
import { BENCH_STREAM_ID, startJob } from "../stream-run.ts";
import type { RoleReport } from "../worker/jobs.ts";
import type { Workspace } from "../workspace.ts";

const MIB = 1024 * 1024;
const LARGE_BYTES = 8 * MIB;
const FILE_FRAMES = 128;
const SLOTS = 32;
const ROUNDS = 3;
const SECONDS = 4;
const MIN_SHARE = 0.8;
/** Frames of the recording that is replayed at its own spacing. */
const SPACED_BYTES = 64 * 1024;
const SPACED_HZ = 500;
const MAX_DEVIATION_MS = 1;

/** Replays a recording in memory as fast as frames are consumed, against a loop of reads, and at its own spacing. */
export async function recordReplay(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const memory = workspace.place();
  const seconds = options.seconds ?? SECONDS;
  try {
    const path = join(memory.dir, "large.mcap");
    const frames = options.frames ?? FILE_FRAMES;
    await recordFile(workspace, path, { payloadBytes: LARGE_BYTES, count: frames, slots: SLOTS, rateHz: null });
    const [rates, plain]: [number[], number[]] = [[], []];
    const rounds = options.rounds ?? ROUNDS;
    for (let round = 1; round <= rounds; round++) {
      say(`record: replay at max, round ${round} of ${rounds}`);
      plain.push(plainReads(path, frames));
      rates.push(await replayedAtMax(workspace, path, frames, seconds));
    }
    rmSync(path);
    const share = median(rates) / median(plain);
    say(`record: replay at ${SPACED_HZ}/s`);
    const deviations = await spacing(workspace, memory.dir, Math.ceil(SPACED_HZ * seconds));
    const [p50, p99] = [0.5, 0.99].map((part) => deviations[Math.floor((deviations.length - 1) * part)] as number);
    const large = `record, replay of ${LARGE_BYTES / MIB} MiB at max`;
    const spaced = `record, replay of ${SPACED_BYTES / 1024} KiB at ${SPACED_HZ}/s`;
    const figures: Figure[] = [
      {
        section: large,
        name: "replayed",
        value: median(rates),
        unit: "bytes/s",
        ratio: { value: share, to: "plain reads" },
        target: { text: `>= ${MIN_SHARE}`, met: share >= MIN_SHARE },
      },
      { section: large, name: "plain reads", value: median(plain), unit: "bytes/s" },
      { section: spaced, name: "deviation from the recorded spacing, p50", value: p50 as number, unit: "ms" },
      {
        section: spaced,
        name: "deviation from the recorded spacing, p99",
        value: p99 as number,
        unit: "ms",
        target: { text: `< ${MAX_DEVIATION_MS} ms`, met: (p99 as number) < MAX_DEVIATION_MS },
      },
    ];
    const json = {
      replayAtMax: { bytesPerSecond: median(rates), plainBytesPerSecond: median(plain), share },
      replaySpacing: { frames: deviations.length, deviationP50Ms: p50, deviationP99Ms: p99 },
    };
    return { json, figures };
  } finally {
    workspace.remove(memory);
  }
}

/** Bytes per second of a loop that reads the file in blocks, into a ring of memory as large as a stream's. */
function plainReads(path: string, frames: number): number {
  const ring = new Uint8Array(new ArrayBuffer(SLOTS * LARGE_BYTES)).fill(1);
  const fd = openSync(path, "r");
  try {
    const beganNs = Bun.nanoseconds();
    for (let i = 0; i < frames; i++) readSync(fd, ring, (i % SLOTS) * LARGE_BYTES, LARGE_BYTES, i * LARGE_BYTES);
    return (frames * LARGE_BYTES) / ((Bun.nanoseconds() - beganNs) / 1e9);
  } finally {
    closeSync(fd);
  }
}

/** Bytes per second of a looping replay, without its first round. */
async function replayedAtMax(workspace: Workspace, path: string, frames: number, seconds: number): Promise<number> {
  const place = workspace.place();
  const rows = new RoleRows();
  const { aeronDir, shmDir } = place;
  const role = { aeronDir, shmDir, embedded: false, idle: "backoff", streamId: BENCH_STREAM_ID } as const;
  const replay = workspace.start(
    [
      ...[...selfCommand(), "replay", path, ...placeArguments(place), "--speed", "max", "--loop"],
      ...["--slots", String(SLOTS), "--wait-timeout", "60s", "--stats-interval", "0.1", "-o", "jsonl"],
    ],
    { onLine: rows.onLine },
  );
  const consumer = startJob<RoleReport>(workspace, {
    ...{ kind: "consumer", ...role, reads: "nothing", payloadBytes: LARGE_BYTES },
  });
  const fileBytes = frames * LARGE_BYTES;
  try {
    await until(() => rows.last("bytes") > fileBytes, replay.errors);
    await Bun.sleep(seconds * 1000);
  } finally {
    await replay.stop();
    await consumer.child.stop();
    workspace.remove(place);
  }
  return rows.rateBetween("bytes", fileBytes, Number.POSITIVE_INFINITY);
}

/** Records a replay and returns the deviations of its frame times from those of the file, in ms, sorted. */
async function spacing(workspace: Workspace, folder: string, count: number): Promise<number[]> {
  const [first, second] = [join(folder, "spaced.mcap"), join(folder, "again.mcap")];
  await recordFile(workspace, first, { payloadBytes: SPACED_BYTES, count, slots: 64, rateHz: SPACED_HZ });
  const place = workspace.place();
  const recorder = startRecorder(workspace, place, second, ["--once", "--min-free", "0%"]);
  const replay = workspace.start([...selfCommand(), "replay", first, ...placeArguments(place)]);
  await replay.succeeded();
  await recorder.child.succeeded();
  workspace.remove(place);
  const [before, after] = [timesOf(first), timesOf(second)];
  // Frames keep their timestamps but get new sequence numbers.
  const offsets = [...after].flatMap(([timestampNs, atNs]) => {
    const wasNs = before.get(timestampNs);
    return wasNs === undefined ? [] : [Number(atNs - wasNs) / 1e6];
  });
  const usual = median(offsets);
  return offsets.map((offset) => Math.abs(offset - usual)).sort((a, b) => a - b);
}

/** Maps the timestamp of each frame to the time of its recording. */
function timesOf(path: string): Map<bigint, bigint> {
  using recording = Recording.open(path);
  const frames = recording.streams.flatMap((stream) => [...recording.frames(stream)]);
  return new Map(frames.map(({ timestampNs, logTimeNs }) => [timestampNs, logTimeNs]));
}

async function until(condition: () => boolean, errors: readonly string[]): Promise<void> {
  const deadlineMs = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadlineMs)
      throw new Error(`expected a replay, found none:\n  ${errors.slice(-5).join("\n  ")}`);
    await Bun.sleep(50);
  }
}
