import type { Palette } from "../../core/colours.ts";
import { printable } from "../../core/text.ts";
import { formatByteRate, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import { type Column, renderTable, truncate } from "../table.ts";
import { bar, type Glyphs } from "./glyphs.ts";
import { percentOf, shareOf } from "./numbers.ts";
import type { RoleScore } from "./scoreboard.ts";
import type { DemoState } from "./view.ts";

export interface LiveStyle {
  readonly palette: Palette;
  readonly glyphs: Glyphs;
  /** Columns and rows of the terminal. */
  readonly width: number;
  readonly height: number;
}

const MARGIN = "  ";
const MAX_WIDTH = 110;
const NAME_WIDTH = 15;

/** The picture of a demo as lines that fit the terminal; the least important ones go first where it is low. */
export function liveLines(state: DemoState, style: LiveStyle): string[] {
  const width = Math.min(style.width - 1, MAX_WIDTH) - MARGIN.length;
  const head = [titleLine(state, style, width), progressLine(state, style, width)];
  const table = ["", ...tableLines(state, style, width)];
  const shares = ["", ...shareLines(state, style, width)];
  const hints = state.phase === "over" ? [] : ["", ...hintLines(state, style, width)];
  const lines: string[] = [];
  for (const part of [head, table, shares, hints]) {
    // The cursor stays on the line below.
    if (lines.length + part.length < style.height) lines.push(...part);
  }
  return lines.map((line) => (line === "" ? "" : MARGIN + line));
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
    over: "done",
  };
  const text = texts[phase].padStart(18);
  const share = phase === "over" || phase === "ending" ? 1 : elapsedSeconds / plan.seconds;
  const [done, rest] = bar(share, width - text.length, glyphs.line, glyphs.rest);
  return `${palette.cyan(done)}${palette.dim(rest)}${text}`;
}

function tableLines(state: DemoState, { palette }: LiveStyle, width: number): string[] {
  const [header = "", ...rows] = renderTable(columnsOf(state), state.scores.roles, { palette, width });
  return [palette.dim(Bun.stripANSI(header)), ...rows];
}

function columnsOf({ phase }: DemoState): readonly Column<RoleScore>[] {
  const isOver = phase === "over";
  const isProducer = (score: RoleScore): boolean => score.kind === "producer";
  const framesPerSecond = (score: RoleScore): number => (isOver ? score.meanFramesPerSecond : score.framesPerSecond);
  const bytesPerSecond = (score: RoleScore): number => (isOver ? score.meanBytesPerSecond : score.bytesPerSecond);
  return [
    { header: "", cell: (score) => score.name, minWidth: NAME_WIDTH },
    // Wide enough for every value, so that nothing moves while it runs.
    { header: "frames/s", minWidth: 8, align: "right", cell: (score) => perSecond(framesPerSecond(score)) },
    { header: "bytes/s", minWidth: 9, align: "right", cell: (score) => formatByteRate(bytesPerSecond(score)) },
    {
      header: "published",
      minWidth: 9,
      align: "right",
      cell: (score) => (isProducer(score) ? formatCount(score.frames) : ""),
    },
    {
      header: "accepted",
      minWidth: 8,
      align: "right",
      cell: (score) => (isProducer(score) ? "" : formatCount(score.frames)),
    },
    {
      header: "lost",
      minWidth: 8,
      align: "right",
      cell: (score) => formatCount(score.lost),
      paint: (text, score, palette) => (score.lost > 0 ? palette.yellow(text) : text),
    },
    {
      header: "latency",
      minWidth: 8,
      align: "right",
      cell: (score) => {
        if (isProducer(score)) return "";
        const latencyNs = isOver ? score.meanLatencyNs : score.latencyNs;
        return latencyNs === null ? "-" : formatDuration(latencyNs);
      },
    },
  ];
}

/** The header says "per second". */
function perSecond(value: number): string {
  return formatRate(value).replace(/\s*\/s$/, "");
}

function shareLines({ scores }: DemoState, { palette, glyphs }: LiveStyle, width: number): string[] {
  const barWidth = width - NAME_WIDTH - MARGIN.length - " 100 %".length;
  const lines = [palette.dim("of the frames that were published so far, each consumer got")];
  for (const score of scores.consumers) {
    const share = shareOf(score);
    const [got, rest] = bar(share ?? 0, barWidth, glyphs.full, glyphs.empty);
    const percent = share === null ? "-" : `${percentOf(share)} %`;
    const paint = score.lost > 0 ? palette.yellow : palette.green;
    lines.push(`${score.name.padEnd(NAME_WIDTH)}${MARGIN}${paint(got)}${palette.dim(rest)}${percent.padStart(6)}`);
    lines.push(`${" ".repeat(NAME_WIDTH)}${MARGIN}${palette.dim(lossText(score, glyphs, width - NAME_WIDTH - 2))}`);
  }
  return lines;
}

function lossText(score: RoleScore, glyphs: Glyphs, width: number): string {
  if (score.lost === 0) return "lost none";
  const causes = score.losses.map(({ cause, frames }) => `${cause} ${formatCount(frames)}`);
  return truncate(`lost ${formatCount(score.lost)}: ${causes.join(` ${glyphs.dot} `)}`, width);
}

function hintLines({ plan, processes }: DemoState, { palette, glyphs }: LiveStyle, width: number): string[] {
  const delay = formatDuration(plan.delayNs);
  const pids = processes.map(({ name, pid }) => `${name} ${pid ?? "-"}`).join(` ${glyphs.dot} `);
  return [
    `The slow consumer holds each frame for ${delay}, on purpose; nobody waits for it.`,
    `Processes: ${pids}`,
    "Ctrl-C ends the demo.",
  ].map((line) => palette.dim(truncate(line, width)));
}
