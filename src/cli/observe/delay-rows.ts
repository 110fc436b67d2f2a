import { formatCount, formatDuration } from "../../core/units.ts";
import type { Column } from "../output.ts";
import type { DurationHistogram } from "./duration-histogram.ts";
import { histogramBars } from "./histogram-lines.ts";

/** Delays of one interval, or of all of them. */
export interface DelayRow {
  readonly kind: "interval" | "total";
  /** Since the first descriptor was waited for. */
  readonly seconds: number;
  readonly descriptors: number;
  /** Nanoseconds; null without descriptors. */
  readonly delayNs: Readonly<Record<"min" | "p50" | "p90" | "p99" | "max" | "mean", number>> | null;
  readonly histogram?: readonly unknown[];
}

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

export function delayRow(kind: DelayRow["kind"], seconds: number, delays: DurationHistogram): DelayRow {
  const { count: descriptors, min, max, mean } = delays;
  const [p50, p90, p99] = [delays.quantile(0.5), delays.quantile(0.9), delays.quantile(0.99)];
  const delayNs = descriptors === 0 ? null : { min, p50, p90, p99, max, mean };
  return { kind, seconds, descriptors, delayNs, ...(kind === "total" ? { histogram: histogramBars(delays) } : {}) };
}
