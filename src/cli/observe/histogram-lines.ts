import type { Palette } from "../../core/colours.ts";
import { formatCount, formatDuration } from "../../core/units.ts";
import { type DurationHistogram, histogramBars } from "../../observe/duration-histogram.ts";
import { bar, glyphsFor } from "../demo/glyphs.ts";

const MAX_WIDTH = 100;
const MIN_BAR_WIDTH = 8;
/** Renders the histogram as text lines of at most `width` columns. */
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
