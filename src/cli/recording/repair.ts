import { formatBytes, formatCount } from "../../core/units.ts";
import { type RepairResult, repairRecording } from "../../recording/repair.ts";
import type { FileValues } from "../specs/recording.ts";
import { tool } from "../tool/tool.ts";
import { requireFiles } from "./require-files.ts";

/** `record repair FILE..`: writes an index for each file that has none. */
export const run = tool<FileValues>(async ({ positionals, output }) => {
  const files = requireFiles("record repair", positionals);
  for (const file of files) {
    const result = repairRecording(file);
    if (output.format === "table") output.line(describe(result));
    else output.record(result, []);
  }
});

function describe({ path, isRepaired, chunks, messages, lostBytes, because }: RepairResult): string {
  const has = `${formatCount(messages)} messages in ${formatCount(chunks)} chunks`;
  if (!isRepaired) return `${path}: has an index and is as it was (${has})`;
  const lost = lostBytes === 0 ? "nothing was lost" : `lost: ${formatBytes(lostBytes)} behind the last complete chunk`;
  return `${path}: an index was written (${has}); ${lost}; there was none because ${because}`;
}
