import { selfCommand } from "../../aeron/self-command.ts";
import type { Child } from "./child.ts";
import { BENCH_STREAM_ID } from "./stream-run.ts";
import type { Place, Workspace } from "./workspace.ts";

/** The fields of a `record -o jsonl` row that the bench reads. */
export interface RecorderRow {
  readonly seconds: number;
  readonly state: string;
  readonly recorded: number;
  readonly lost: number;
  readonly bytesPerSecond: number;
}

/** A recorder of the bench's stream, and its rows so far. */
export interface RecorderRun {
  readonly child: Child;
  readonly rows: readonly RecorderRow[];
}

/** Arguments common to all roles of a place. */
export function placeArguments({ aeronDir, shmDir }: Place): string[] {
  return ["--standalone", "--aeron-dir", aeronDir, "--shm-dir", shmDir];
}

/** Starts a recorder that prints a row every 100 ms. */
export function startRecorder(workspace: Workspace, place: Place, path: string, more: readonly string[]): RecorderRun {
  const rows: RecorderRow[] = [];
  const to = ["--to", path, "--stats-interval", "0.1", "-o", "jsonl", ...more];
  const child = workspace.start(
    [...selfCommand(), "record", String(BENCH_STREAM_ID), ...placeArguments(place), ...to],
    { onLine: (line) => rows.push(JSON.parse(line) as RecorderRow) },
  );
  return { child, rows };
}

/** Starts a producer of byte frames that waits for one consumer; `rateHz` null: as fast as frames are consumed. */
export function startSource(
  workspace: Workspace,
  place: Place,
  payloadBytes: number,
  slots: number,
  rateHz: number | null,
): Child {
  const flow = ["--flow", "wait", "--wait-consumers", "1", "--wait-timeout", "60s", "--slots", String(slots)];
  const source = ["--source", `synthetic:dtype=uint8,dims=${payloadBytes}`, "--rate", String(rateHz ?? 1_000_000)];
  return workspace.start([...selfCommand(), "producer", ...placeArguments(place), ...source, ...flow]);
}

/** Records `count` frames to a file. */
export async function recordFile(
  workspace: Workspace,
  path: string,
  { payloadBytes, count, slots, rateHz }: { payloadBytes: number; count: number; slots: number; rateHz: number | null },
): Promise<RecorderRun> {
  const place = workspace.place();
  const run = startRecorder(workspace, place, path, ["--count", String(count), "--min-free", "0%"]);
  const producer = startSource(workspace, place, payloadBytes, slots, rateHz);
  try {
    await run.child.succeeded();
  } finally {
    await producer.stop();
    workspace.remove(place);
  }
  return run;
}
