import { realpathSync } from "node:fs";
import { type AeronLeftover, findAeronLeftovers } from "../../aeron/leftovers.ts";
import { monotonic } from "../../aeron/monotonic.ts";
import { processNs } from "../../core/clock.ts";
import { formatBytes, formatCount, formatDuration } from "../../core/units.ts";
import { findLeftovers, type Leftover } from "../../shm/leftovers.ts";
import { aeronDirOf, namesAeronDir, shmDirOf } from "../config/aeron-dir.ts";
import type { Column, Output } from "../output/output.ts";
import { renderTable } from "../output/table.ts";
import type { GcValues } from "../specs/driver-tools.ts";
import { tool } from "../tool/tool.ts";

type Row = Leftover | AeronLeftover;

const COLUMNS: readonly Column<Row>[] = [
  {
    header: "state",
    align: "left",
    cell: ({ state }) => state,
    paint: (text, { state }, palette) => (state === "kept" ? palette.yellow(text) : palette.green(text)),
  },
  { header: "what", align: "left", cell: ({ kind }) => kind },
  { header: "memory", align: "right", cell: ({ bytes }) => formatBytes(bytes) },
  { header: "age", align: "right", cell: ({ ageMs }) => formatDuration(Math.round(ageMs / 100) * 100e6) },
  { header: "user", align: "right", cell: ({ uid }) => uid },
  { header: "made by", align: "right", cell: ({ pid }) => pid },
];

/** `gc`: leftovers of dead processes; removes those that are provably unused. */
export const run = tool<GcValues>(async ({ values, output }) => {
  const isDryRun = values.dryRun;
  const shmDir = shmDirOf(values);
  const aeronDir = aeronDirOf(values);
  const isAlone = namesAeronDir(values);
  const nowNs = monotonic.toBigint(processNs());
  const rows: Row[] = [
    ...findLeftovers(canonical(shmDir), { isDryRun, nowNs }),
    ...findAeronLeftovers(aeronDir, { isAlone, isDryRun }),
  ];
  if (output.format === "table") print(output, rows, { isDryRun, isAlone, shmDir, aeronDir });
  else output.rows(COLUMNS, rows);
});

function print(
  output: Output,
  rows: readonly Row[],
  { isDryRun, isAlone, shmDir, aeronDir }: { isDryRun: boolean; isAlone: boolean; shmDir: string; aeronDir: string },
): void {
  const [header = "", ...lines] = renderTable(COLUMNS, rows, output);
  if (rows.length > 0) output.line(header);
  for (const [i, { path, why }] of rows.entries()) {
    output.line(lines[i] ?? "");
    // Paths are meant to be copied, so they are not truncated.
    output.line(`  ${path}`);
    output.line(output.palette.dim(`  ${why}`));
  }
  const gone = rows.filter(({ state }) => state !== "kept");
  const bytes = formatBytes(gone.reduce((sum, row) => sum + row.bytes, 0));
  const place = isAlone ? aeronDir : `${aeronDir} and folders beside it`;
  if (gone.length === 0) output.line(`nothing to remove below ${shmDir}, nor of media drivers in ${place}`);
  else output.line(`${isDryRun ? "would remove" : "removed"} ${formatCount(gone.length)}, ${bytes}`);
}

/** Resolves symbolic links in the path that the user named; links below it are not followed. */
function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return path;
    throw error;
  }
}
