import { formatCount, formatDuration } from "../../core/units.ts";
import type { DelayRow } from "../../observe/delay-meter.ts";
import type { Column } from "../output/output.ts";

function shown(header: string, key: keyof NonNullable<DelayRow["delayNs"]>): Column<DelayRow> {
  const cell = ({ delayNs }: DelayRow) => (delayNs === null ? null : formatDuration(delayNs[key]));
  return { header, align: "right", minWidth: 7, cell };
}

export const DELAY_COLUMNS: readonly Column<DelayRow>[] = [
  { header: "time", align: "right", minWidth: 6, cell: ({ seconds }) => `${seconds.toFixed(1)} s` },
  { header: "descriptors", align: "right", cell: ({ descriptors }) => formatCount(descriptors) },
  shown("min", "min"),
  shown("p50", "p50"),
  shown("p90", "p90"),
  shown("p99", "p99"),
  shown("max", "max"),
];
