import { formatCount, formatDuration, formatRate } from "../../core/units.ts";
import type { SpreadSummary } from "../../observe/frame-statistics.ts";
import { METER_COLUMNS, meterJson } from "../observe/meter-columns.ts";
import { type MeterRow, meterTool } from "../observe/meters.ts";
import type { Column } from "../output/output.ts";

const [STREAM, NAME, NOTE] = METER_COLUMNS;

function interval(header: string, pick: (spread: SpreadSummary) => number): Column<MeterRow> {
  const cell = ({ intervalNs }: MeterRow) => (intervalNs === null ? null : formatDuration(pick(intervalNs)));
  return { header, align: "right", minWidth: 7, cell };
}

const COLUMNS: readonly Column<MeterRow>[] = [
  STREAM,
  NAME,
  { header: "frames/s", align: "right", minWidth: 9, cell: (row) => formatRate(row.framesPerSecond) },
  interval("min", ({ min }) => min),
  interval("max", ({ max }) => max),
  interval("std", ({ deviation }) => deviation),
  { header: "frames", align: "right", minWidth: 6, cell: (row) => formatCount(row.frames) },
  { header: "read", align: "right", minWidth: 6, cell: (row) => formatCount(row.seen) },
  NOTE,
];

/** `hz`: measures frames per second and the regularity of their arrival. */
export const run = meterTool({
  name: "hz",
  columns: COLUMNS,
  json: (row) => ({ ...meterJson(row), intervalNs: row.intervalNs }),
});
