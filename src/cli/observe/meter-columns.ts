import type { Column } from "../output/output.ts";
import type { MeterRow } from "./meters.ts";

/** Columns shared by all measuring tools: the stream's id and name, and the note, which comes last. */
export const METER_COLUMNS: readonly [Column<MeterRow>, Column<MeterRow>, Column<MeterRow>] = [
  { header: "stream", align: "right", cell: ({ streamId }) => streamId },
  { header: "name", align: "left", minWidth: 8, cell: ({ name }) => name },
  {
    header: "",
    align: "left",
    cell: ({ note }) => note ?? "",
    paint: (text, _row, palette) => palette.yellow(text),
  },
];

/** The JSON fields shared by all rows. */
export function meterJson(row: MeterRow): Record<string, unknown> {
  const { seconds, streamId, name, epoch, frames, seen, framesPerSecond, note } = row;
  return { seconds, streamId, name, epoch: epoch === null ? null : String(epoch), frames, seen, framesPerSecond, note };
}
