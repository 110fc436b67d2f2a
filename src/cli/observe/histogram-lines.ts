import type { Palette } from "../../core/colours.ts";
import { formatCount, formatDuration } from "../../core/units.ts";
import { bar, glyphsFor } from "../demo/glyphs.ts";
import type { DurationHistogram } from "./duration-histogram.ts";

/** One bar of a histogram. */
export interface HistogramBar {
  readonly fromNs: number;
  readonly toNs: number;
  readonly count: number;
}

const MAX_WIDTH = 100;
const MIN_BAR_WIDTH = 8;
/** More would be lines nobody compares. */
const MAX_BARS = 16;

/** The histogram in steps of 1, 2, 5, 10, ... (of 1, 10, 100, ... where that would be too many), without empty ends. */
export function histogramBars(histogram: DurationHistogram): HistogramBar[] {
  if (histogram.count === 0) return [];
  for (const steps of [[1, 2, 5], [1]]) {
    const bounds = boundsOf(histogram, steps);
    if (bounds.length > MAX_BARS + 1 && steps.length > 1) continue;
    return bounds.slice(1).map((toNs, i) => {
      const fromNs = bounds[i] as number;
      return { fromNs, toNs, count: histogram.between(fromNs, toNs) };
    });
  }
  return [];
}

/** From the largest bound that is not above the minimum to the smallest that is above the maximum. */
function boundsOf({ min, max }: DurationHistogram, steps: readonly number[]): number[] {
  const all = [0, ...Array.from({ length: 17 }, (_, decade) => steps.map((step) => step * 10 ** decade)).flat()];
  const first = all.findLastIndex((bound) => bound <= min);
  return all.slice(Math.max(0, first), all.findIndex((bound) => bound > max) + 1);
}

/** The histogram for people, `width` columns wide at most. */
export function histogramLines(
  histogram: DurationHistogram,
  { palette, width = MAX_WIDTH }: { readonly palette: Palette; readonly width?: number | undefined },
): string[] {
  const bars = histogramBars(histogram);
  const most = Math.max(...bars.map(({ count }) => count));
  const { full } = glyphsFor();
  const rows = bars.map(({ fromNs, toNs, count }) => ({
    range: `${formatDuration(fromNs).padStart(8)} to ${formatDuration(toNs).padStart(8)}`,
    counted: `${formatCount(count)}  ${percent(count / histogram.count)}`,
    share: count / most,
  }));
  const countedWidth = Math.max(...rows.map(({ counted }) => counted.length));
  const barWidth = Math.max(MIN_BAR_WIDTH, Math.min(MAX_WIDTH, width) - 20 - countedWidth - 4);
  return rows.map(({ range, counted, share }) => {
    const [filled, rest] = bar(share, barWidth, full, " ");
    return `${range}  ${share === 0 ? " ".repeat(barWidth) : palette.cyan(filled) + rest}  ${counted.padStart(countedWidth)}`;
  });
}

function percent(share: number): string {
  const text = share > 0 && share < 0.0005 ? "<0.1" : (share * 100).toFixed(1);
  return `${text.padStart(5)} %`;
}
