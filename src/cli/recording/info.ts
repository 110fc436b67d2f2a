import { formatByteRate, formatBytes, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import { RecordingSet } from "../../recording/recording-set.ts";
import { type RecordingReport, reportRecordings, type StreamReport } from "../../recording/report.ts";
import type { Column, Output } from "../output/output.ts";
import type { FileValues } from "../specs/recording.ts";
import { tool } from "../tool/tool.ts";
import { requireFiles } from "./require-files.ts";

const COLUMNS: readonly Column<StreamReport>[] = [
  { header: "stream", cell: ({ streamId }) => streamId ?? "-" },
  { header: "name", cell: ({ name }) => name, align: "left" },
  { header: "layout", cell: ({ layout }) => layout, align: "left" },
  { header: "frames", cell: ({ frames }) => formatCount(frames) },
  { header: "missing", cell: ({ epochs }) => formatCount(epochs.reduce((sum, { missing }) => sum + missing, 0)) },
  {
    header: "frames/s",
    cell: ({ framesPerSecond }) => (framesPerSecond === null ? null : formatRate(framesPerSecond)),
  },
  {
    header: "bytes/s",
    cell: ({ bytesPerSecond }) => (bytesPerSecond === null ? null : formatByteRate(bytesPerSecond)),
  },
  { header: "size", cell: ({ bytes }) => formatBytes(bytes) },
  {
    header: "longest pause",
    cell: ({ longestPauseNs }) => (longestPauseNs === null ? null : formatDuration(longestPauseNs)),
  },
];

/** `record info FILE..`: the parts of one recording. */
export const run = tool<FileValues>(async ({ positionals, output }) => {
  const files = requireFiles("record info", positionals);
  using set = RecordingSet.open(files);
  const report = reportRecordings(set);
  if (output.format === "table") print(output, report);
  else output.record(report, []);
});

function print(output: Output, report: RecordingReport): void {
  const { files, startNs, lengthNs, streams, otherTopics, ledger } = report;
  for (const { path, bytes, library, cut } of files) {
    const end =
      cut === null
        ? ""
        : `; not complete: ${cut.because} (byte ${cut.at}); \`tensorpool record repair\` makes an index`;
    output.line(`${path}: ${formatBytes(bytes)}, by ${library === "" ? "an unknown program" : library}${end}`);
  }
  if (startNs !== null) output.line(`from ${dateOf(startNs)}, ${formatDuration(lengthNs)} long`);
  output.rows(COLUMNS, streams);
  if (otherTopics.length > 0) output.line(`other topics: ${otherTopics.join(", ")}`);
  for (const { streamId, name, gaps } of streams) {
    for (const { epoch, fromSeq, missing } of gaps.slice(0, MAX_GAPS_SHOWN)) {
      const last = missing === 1 ? "" : ` to #${fromSeq + missing - 1}`;
      output.line(`stream ${streamId ?? name}, epoch ${epoch}: #${fromSeq}${last} missing`);
    }
    const rest = gaps.length - MAX_GAPS_SHOWN;
    if (rest > 0) output.line(`stream ${streamId ?? name}: ${formatCount(rest)} more gaps (-o json has them)`);
  }
  for (const { stream, name, epoch, published, recorded, skipped, missing, isFinal } of ledger) {
    const causes = Object.entries(missing).map(([cause, frames]) => ` + ${cause} ${formatCount(frames)}`);
    const left = skipped === 0 ? "" : ` + skipped ${formatCount(skipped)}`;
    const end = isFinal ? "" : " (the recorder's last word before its end: later frames are not in it)";
    output.line(
      `stream ${stream} "${name}", epoch ${epoch}: published ${formatCount(published)} = recorded ${formatCount(recorded)}${left}${causes.join("")}${end}`,
    );
  }
}

const MAX_GAPS_SHOWN = 10;

function dateOf(timeNs: bigint): string {
  const ms = Number(timeNs / 1_000_000n);
  return Math.abs(ms) > 8.64e15 ? `${timeNs} ns` : new Date(ms).toISOString();
}
