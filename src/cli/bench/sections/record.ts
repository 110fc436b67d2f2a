import type { SectionResult } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import type { Workspace } from "../workspace.ts";
import { recordLoad } from "./record-load.ts";
import { recordMemory } from "./record-memory.ts";
import { recordReplay } from "./record-replay.ts";
import { recordWrites } from "./record-writes.ts";

/** Frames to a file and back, against plain writes and reads; with `minutes`, only the recorder's memory over time. */
export async function record(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  if (options.minutes !== undefined) return await recordMemory(workspace, options, options.minutes * 60);
  const results: SectionResult[] = [];
  for (const measure of [recordWrites, recordReplay, recordLoad]) results.push(await measure(workspace, options));
  return {
    json: Object.assign({}, ...results.map(({ json }) => json)),
    figures: results.flatMap(({ figures }) => figures),
  };
}
