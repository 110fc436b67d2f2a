import type { Palette } from "../../core/colours.ts";
import { printable } from "../../core/text.ts";
import { formatCount, formatDuration } from "../../core/units.ts";
import { type Column, renderTable, truncate } from "../output/table.ts";
import { bar, type Glyphs } from "./glyphs.ts";
import {
  acceptedText,
  byteRateText,
  latencyText,
  lossesText,
  percentOf,
  publishedText,
  rateText,
  shareOf,
} from "./numbers.ts";
import type { Reading } from "./scoreboard.ts";
import type { DemoState } from "./view.ts";

export interface LiveStyle {
  readonly palette: Palette;
  readonly glyphs: Glyphs;
  /** Columns and rows of the terminal. */
  readonly width: number;
  readonly height: number;
}

const GAP = "  ";
const MAX_WIDTH = 110;
const NAME_WIDTH = 15;

/** The picture of a demo as lines that fit the terminal; on a low terminal the least important ones are dropped first. */
export function liveLines(state: DemoState, style: LiveStyle): string[] {
  const width = Math.min(style.width - 1, MAX_WIDTH);
  const head = [titleLine(state, style, width), progressLine(state, style, width)];
  const table = ["", ...tableLines(state, style, width)];
  const shares = ["", ...shareLines(state, style, width)];
  const hints = state.phase === "over" ? [] : ["", ...hintLines(state, style, width)];
  const lines: string[] = [];
  for (const part of [head, table, shares, hints]) {
    // The cursor stays on the line below.
    if (lines.length + part.length >= style.height) break;
    lines.push(...part);
  }
  // On a terminal narrower than the narrowest table, lines are truncated without colours, which truncation could leave on.
  return lines.map((line) => (Bun.stringWidth(line) <= width ? line : truncate(Bun.stripANSI(line), width)));
}

function titleLine({ plan }: DemoState, { palette, glyphs }: LiveStyle, width: number): string {
  const rate = plan.rateHz === null ? "as fast as possible" : `${Number(plan.rateHz.toFixed(2))} frames/s`;
  const subject = truncate(`${printable(plan.title)} ${glyphs.dot} ${rate}`, width - "tensorpool demo".length - 2);
  return `${palette.bold("tensorpool demo")}  ${subject}`;
}

function progressLine({ plan, phase, elapsedSeconds }: DemoState, style: LiveStyle, width: number): string {
  const { palette, glyphs } = style;
  const total = `${Number(plan.seconds.toFixed(1))} s`;
  const texts = {
    starting: plan.isStream ? "waiting for input" : "starting",
    running: `${elapsedSeconds.toFixed(1)} of ${total}`,
    ending: "ending",
    over: `done, ${elapsedSeconds.toFixed(1)} s`,
  };
  const text = texts[phase].padStart(18);
  const share = phase === "over" || phase === "ending" ? 1 : elapsedSeconds / plan.seconds;
  const [done, rest] = bar(share, width - text.length, glyphs.line, glyphs.rest);
  return `${palette.cyan(done)}${palette.dim(rest)}${text}`;
}

function tableLines(state: DemoState, { palette }: LiveStyle, width: number): string[] {
  const [header = "", ...rows] = renderTable(columnsFor(width), state.readings, { palette, width });
  return [palette.dim(Bun.stripANSI(header)), ...rows];
}

const COLUMNS: readonly Column<Reading>[] = [
  { header: "", cell: ({ name }) => name, minWidth: NAME_WIDTH },
  // Wide enough from the start for later values, so that nothing moves.
  { header: "frames/s", minWidth: 8, align: "right", cell: (reading) => rateText(reading.framesPerSecond) },
  { header: "bytes/s", minWidth: 9, align: "right", cell: (reading) => byteRateText(reading.bytesPerSecond) },
  { header: "published", minWidth: 9, align: "right", cell: publishedText },
  { header: "accepted", minWidth: 9, align: "right", cell: acceptedText },
  {
    header: "lost",
    minWidth: 9,
    align: "right",
    cell: ({ lost }) => formatCount(lost),
    paint: (text, { lost }, palette) => (lost > 0 ? palette.yellow(text) : text),
  },
  { header: "latency", minWidth: 8, align: "right", cell: latencyText },
];

/** Columns that a narrow terminal omits, in this order. */
const DISPENSABLE = ["bytes/s", "published", "frames/s", "latency"];

function columnsFor(width: number): readonly Column<Reading>[] {
  let columns = COLUMNS;
  for (const header of DISPENSABLE) {
    const needed = columns.reduce((sum, { minWidth = 0 }) => sum + minWidth + GAP.length, -GAP.length);
    if (needed <= width) break;
    columns = columns.filter((column) => column.header !== header);
  }
  return columns;
}

function shareLines({ readings }: DemoState, { palette, glyphs }: LiveStyle, width: number): string[] {
  const barWidth = width - NAME_WIDTH - GAP.length - " 100 %".length;
  const lines = [palette.dim("what each consumer got of the frames that were published")];
  for (const reading of readings.filter(({ kind }) => kind === "consumer")) {
    const share = shareOf(reading);
    const [got, rest] = bar(share ?? 0, barWidth, glyphs.full, glyphs.empty);
    const percent = share === null ? "-" : `${percentOf(share)} %`;
    const paint = reading.lost > 0 ? palette.yellow : palette.green;
    lines.push(`${reading.name.padEnd(NAME_WIDTH)}${GAP}${paint(got)}${palette.dim(rest)}${percent.padStart(6)}`);
    lines.push(`${" ".repeat(NAME_WIDTH)}${GAP}${palette.dim(lossText(reading, glyphs, width - NAME_WIDTH - 2))}`);
  }
  return lines;
}

function lossText(reading: Reading, glyphs: Glyphs, width: number): string {
  if (reading.lost === 0) return "lost none";
  return truncate(`lost ${formatCount(reading.lost)}: ${lossesText(reading, ` ${glyphs.dot} `)}`, width);
}

function hintLines({ plan, processes }: DemoState, { palette, glyphs }: LiveStyle, width: number): string[] {
  const delay = formatDuration(plan.delayNs);
  const pids = processes.map(({ name, pid }) => `${name.replace(" consumer", "")} ${pid ?? "-"}`);
  return [
    `The slow consumer holds each frame for ${delay}, on purpose; no process waits for it.`,
    `pids: ${pids.join(` ${glyphs.dot} `)}`,
    "Ctrl-C ends the demo.",
  ].map((line) => palette.dim(truncate(line, width)));
}
