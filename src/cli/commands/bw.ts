import { formatByteRate, formatBytes, formatCount, formatRate } from "../../core/units.ts";
import type { SpreadSummary } from "../../observe/frame-statistics.ts";
import { METER_COLUMNS, meterJson } from "../observe/meter-columns.ts";
import { type MeterRow, meterTool } from "../observe/meters.ts";
import type { Column } from "../output/output.ts";

const [STREAM, NAME, NOTE] = METER_COLUMNS;

function size(header: string, pick: (spread: SpreadSummary) => number): Column<MeterRow> {
  const cell = ({ frameBytes }: MeterRow) => (frameBytes === null ? null : formatBytes(pick(frameBytes)));
  return { header, align: "right", minWidth: 7, cell };
}

const COLUMNS: readonly Column<MeterRow>[] = [
  STREAM,
  NAME,
  { header: "bytes/s", align: "right", minWidth: 9, cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "frames/s", align: "right", minWidth: 9, cell: (row) => formatRate(row.framesPerSecond) },
  size("mean", ({ mean }) => mean),
  size("max", ({ max }) => max),
  { header: "frames", align: "right", minWidth: 6, cell: (row) => formatCount(row.frames) },
  { header: "read", align: "right", minWidth: 6, cell: (row) => formatCount(row.seen) },
  NOTE,
];

/** `bw`: measures bytes per second and frame sizes. */
export const run = meterTool({
  name: "bw",
  columns: COLUMNS,
  json: (row) => ({ ...meterJson(row), bytesPerSecond: row.bytesPerSecond, frameBytes: row.frameBytes }),
});
