import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { recordFile } from "../recorder-run.ts";
import { median } from "../statistics.ts";
import type { Workspace } from "../workspace.ts";

const MIB = 1024 * 1024;
const ROUNDS = 3;
/** Bytes that a run writes. */
const RUN_BYTES = 1536 * MIB;
/** For each frame size: slots of the ring, and the target share of the plain write rate. */
const CASES = [
  { payloadBytes: 8 * MIB, slots: 32, minShare: 0.9 },
  { payloadBytes: 64 * 1024, slots: 1024, minShare: 0.7 },
] as const;
/** Recording is in steady state after this share of the frames. */
const WARM_UP = 0.1;

/** Frames of a producer that waits for its recorder, against plain writes of the same blocks to the same folder, in turns. */
export async function recordWrites(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const disk = mkdtempSync(join(tmpdir(), "tensorpool-bench-"));
  const memory = workspace.place();
  try {
    const figures: Figure[] = [];
    const json: Record<string, unknown> = {};
    for (const [where, folder] of [
      ["disk", disk],
      ["/dev/shm", memory.dir],
    ] as const) {
      for (const { payloadBytes, slots, minShare } of CASES) {
        const count = options.frames ?? RUN_BYTES / payloadBytes;
        const runBytes = count * payloadBytes;
        const { bavail, bsize } = statfsSync(folder);
        if (bavail * bsize < runBytes * 2) {
          say(`record: ${folder} has no room for ${runBytes / MIB} MiB: left out`);
          continue;
        }
        const rounds = options.rounds ?? ROUNDS;
        const [rates, plain]: [number[], number[]] = [[], []];
        let lost = 0;
        for (let round = 1; round <= rounds; round++) {
          say(`record: ${payloadBytes} B to ${where}, round ${round} of ${rounds}`);
          plain.push(plainWrites(join(folder, "plain"), payloadBytes, runBytes));
          const run = await recorded(workspace, join(folder, "run.mcap"), payloadBytes, slots, count);
          rates.push(run.bytesPerSecond);
          lost += run.lost;
        }
        const share = median(rates) / median(plain);
        const section = `record, ${payloadBytes / 1024} KiB to ${where}`;
        figures.push(
          {
            section,
            name: "recorded",
            value: median(rates),
            unit: "bytes/s",
            ratio: { value: share, to: "plain writes" },
            target: { text: `>= ${minShare}`, met: share >= minShare },
          },
          { section, name: "plain writes", value: median(plain), unit: "bytes/s" },
          { section, name: "lost", value: lost, unit: "frames", target: { text: "0", met: lost === 0 } },
        );
        json[section] = { bytesPerSecond: median(rates), plainBytesPerSecond: median(plain), share, lost };
      }
    }
    return { json, figures };
  } finally {
    rmSync(disk, { recursive: true, force: true });
    workspace.remove(memory);
  }
}

/** Bytes per second of sequential block writes, with one fdatasync at the end. */
function plainWrites(path: string, blockBytes: number, runBytes: number): number {
  const pool = new Uint8Array(new ArrayBuffer(64 * MIB)).fill(7);
  const blocks = Array.from({ length: pool.length / blockBytes }, (_, i) =>
    pool.subarray(i * blockBytes, (i + 1) * blockBytes),
  );
  const fd = openSync(path, "wx");
  try {
    const beganNs = Bun.nanoseconds();
    for (let at = 0, i = 0; at < runBytes; at += blockBytes, i++) {
      writeSync(fd, blocks[i % blocks.length] as Uint8Array, 0, blockBytes, at);
    }
    fdatasyncSync(fd);
    return runBytes / ((Bun.nanoseconds() - beganNs) / 1e9);
  } finally {
    closeSync(fd);
    rmSync(path);
  }
}

async function recorded(
  workspace: Workspace,
  path: string,
  payloadBytes: number,
  slots: number,
  count: number,
): Promise<{ bytesPerSecond: number; lost: number }> {
  const { rows } = await recordFile(workspace, path, { payloadBytes, count, slots, rateHz: null });
  rmSync(path, { force: true });
  const first = rows.find((row) => row.recorded >= count * WARM_UP);
  const last = rows.find((row) => row.recorded >= count) ?? rows.at(-1);
  if (first === undefined || last === undefined || last.seconds <= first.seconds) {
    throw new Error(`expected rows of a recorder, found ${rows.length}`);
  }
  const bytes = (last.recorded - first.recorded) * payloadBytes;
  return { bytesPerSecond: bytes / (last.seconds - first.seconds), lost: last.lost };
}
