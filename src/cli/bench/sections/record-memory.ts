import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { ownBytesOf } from "../process-cost.ts";
import { startRecorder, startSource } from "../recorder-run.ts";
import { median } from "../statistics.ts";
import type { Workspace } from "../workspace.ts";

const MIB = 1024 * 1024;
const PAYLOAD_BYTES = 8 * MIB;
const SLOTS = 32;
/** Allowed growth of memory from the first to the last quarter: the file's index grows by some bytes per frame. */
const MAX_GROWTH_BYTES = 16 * MIB;
const SAMPLE_MS = 500;
const TIMEOUT_MS = 60_000;

interface Sample {
  readonly ownBytes: number;
  readonly maps: number;
}

/** A recorder at full rate for minutes: its memory in the first and in the last quarter. */
export async function recordMemory(
  workspace: Workspace,
  options: BenchOptions,
  seconds: number,
): Promise<SectionResult> {
  const disk = mkdtempSync(join(tmpdir(), "tensorpool-bench-"));
  const place = workspace.place();
  const payloadBytes = options.payloadBytes ?? PAYLOAD_BYTES;
  const parts = ["--split", "512MiB", "--keep", "1GiB", "--min-free", "0%"];
  const { child, rows } = startRecorder(workspace, place, join(disk, "long.mcap"), parts);
  const producer = startSource(workspace, place, payloadBytes, options.slots ?? SLOTS, null);
  const samples: Sample[] = [];
  try {
    const deadlineMs = performance.now() + TIMEOUT_MS;
    while ((rows.at(-1)?.recorded ?? 0) === 0) {
      if (performance.now() > deadlineMs) {
        throw new Error(`expected recorded frames, found none:\n  ${child.errors.slice(-5).join("\n  ")}`);
      }
      await sleep(SAMPLE_MS);
    }
    say(`record: ${payloadBytes} B at full rate for ${seconds} s`);
    const endMs = performance.now() + seconds * 1000;
    while (performance.now() < endMs) {
      await sleep(SAMPLE_MS);
      samples.push({ ownBytes: ownBytesOf(child.pid), maps: mapsOf(child.pid) });
    }
  } finally {
    await child.stop();
    await producer.stop();
    rmSync(disk, { recursive: true, force: true });
    workspace.remove(place);
  }
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)];
  const bytes = (of: readonly Sample[]): number => median(of.map(({ ownBytes }) => ownBytes));
  const maps = (of: readonly Sample[]): number => median(of.map((sample) => sample.maps));
  const growth = bytes(last) - bytes(first);
  const { recorded = 0, lost = 0 } = rows.at(-1) ?? {};
  const section = `record, ${payloadBytes / 1024} KiB at full rate for ${seconds} s`;
  const figures: Figure[] = [
    { section, name: "recorded", value: recorded, unit: "frames" },
    { section, name: "lost", value: lost, unit: "frames", target: { text: "0", met: lost === 0 } },
    { section, name: "rate", value: median(rows.map((row) => row.bytesPerSecond)), unit: "bytes/s" },
    { section, name: "memory, first quarter", value: bytes(first), unit: "bytes" },
    {
      section,
      name: "memory, last quarter",
      value: bytes(last),
      unit: "bytes",
      ratio: { value: bytes(last) / bytes(first), to: "first quarter" },
      target: { text: `+${MAX_GROWTH_BYTES / MIB} MiB at most`, met: growth <= MAX_GROWTH_BYTES },
    },
    {
      section,
      name: "mappings, last quarter",
      value: maps(last),
      unit: "maps",
      ratio: { value: maps(last) / maps(first), to: "first quarter" },
    },
  ];
  const json = { recorded, lost, ownBytes: [bytes(first), bytes(last)], maps: [maps(first), maps(last)] };
  return { json, figures };
}

function mapsOf(pid: number): number {
  return readFileSync(`/proc/${pid}/maps`, "latin1").split("\n").length - 1;
}
