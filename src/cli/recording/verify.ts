import { formatBytes, formatCount } from "../../core/units.ts";
import { type VerifyResult, verifyRecording } from "../../recording/verify.ts";
import { ExitCode } from "../exit.ts";
import type { FileValues } from "../specs/recording.ts";
import { tool } from "../tool/tool.ts";
import { requireFiles } from "./require-files.ts";

/** `record verify FILE..`: checks every byte of each file. */
export const run = tool<FileValues>(async ({ positionals, output }) => {
  const files = requireFiles("record verify", positionals);
  let isWrong = false;
  for (const file of files) {
    const result = verifyRecording(file);
    isWrong ||= result.problems.length > 0;
    if (output.format === "table") for (const line of lines(result)) output.line(line);
    else output.record(result, []);
  }
  return isWrong ? ExitCode.FAILED : ExitCode.DONE;
});

function lines({
  path,
  bytes,
  chunks,
  messages,
  frames,
  tornChunks,
  problems,
  furtherProblems,
}: VerifyResult): string[] {
  const torn = tornChunks === 0 ? "" : `, ${formatCount(tornChunks)} overwritten while they were written`;
  const read = `${formatBytes(bytes)}, ${formatCount(chunks)} chunks, ${formatCount(messages)} messages, ${formatCount(frames)} frames${torn}`;
  if (problems.length === 0) return [`${path}: in order (${read})`];
  const further = furtherProblems === 0 ? [] : [`  and ${formatCount(furtherProblems)} more`];
  return [
    `${path}: ${read}`,
    ...problems.map(({ at, message }) => `  byte ${at}: ${message.replace(`${path}: `, "")}`),
    ...further,
  ];
}
