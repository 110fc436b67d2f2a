import type { Palette } from "../../core/colours.ts";
import { formatByteRate, formatRate } from "../../core/units.ts";
import { type Column, renderTable, truncate } from "../output/table.ts";
import { EVENT_COLUMNS, timeOfDay } from "../supervision/event-rows.ts";
import { CONSUMER_COLUMNS, fitting, STREAM_COLUMNS } from "./top-columns.ts";
import { TOP_ORDERS, type TopReading, type TopState } from "./top-state.ts";

export interface TopStyle {
  readonly palette: Palette;
  /** Columns and rows of the terminal. */
  readonly width: number;
  readonly height: number;
}

const MIN_EVENT_LINES = 4;

/** Renders the reading as lines that fit the terminal: title, tables, keys. */
export function topLines(reading: TopReading, state: TopState, style: TopStyle): string[] {
  const { palette, width, height } = style;
  const title = titleLines(reading, state, style);
  const keys = palette.dim(truncate("q quit  tab page  i n f b d l order  r reverse  space pause  ? help", width));
  const room = Math.max(0, height - title.length - 1);
  const body = state.showsHelp ? helpLines() : bodyLines(reading, state, style, room);
  const lines = [...title, ...body.slice(0, room)];
  while (lines.length < height - 1) lines.push("");
  // Lines that are too wide are cut without colours, because the cut could leave one switched on.
  return [...lines, keys]
    .slice(0, height)
    .map((line) => (Bun.stringWidth(line) <= width ? line : truncate(Bun.stripANSI(line), width)));
}

function titleLines(reading: TopReading, state: TopState, { palette }: TopStyle): string[] {
  const { streams, consumers, timeMs, aeronDir, isConnected } = reading;
  const live = streams.filter((stream) => stream.state === "live");
  const frames = live.reduce((sum, { framesPerSecond }) => sum + (framesPerSecond ?? 0), 0);
  const bytes = live.reduce((sum, { bytesPerSecond }) => sum + (bytesPerSecond ?? 0), 0);
  const drops = consumers.reduce((sum, one) => sum + (one.drops.perSecond ?? 0), 0);
  const time = timeOfDay(new Date(timeMs).toISOString()).slice(0, 8);
  const paused = state.isPaused ? palette.yellow("  paused") : "";
  const parts = [`${live.length} of ${streams.length} streams`, `${consumers.length} consumers`, formatRate(frames)];
  const dropped = `${formatRate(drops)} dropped`;
  return [
    `${palette.bold("tensorpool top")}  ${time}${paused}  ${isConnected ? aeronDir : palette.red(`no media driver in ${aeronDir}`)}`,
    `${[...parts, formatByteRate(bytes)].join(", ")}, ${drops > 0 ? palette.yellow(dropped) : dropped}; by ${state.order}`,
    "",
  ];
}

function bodyLines(reading: TopReading, state: TopState, style: TopStyle, room: number): string[] {
  const streams = () => tableLines(STREAM_COLUMNS, state.streamsOf(reading), style);
  const consumers = () => tableLines(CONSUMER_COLUMNS, state.consumersOf(reading), style);
  switch (state.page) {
    case "streams":
      return scrolled(streams(), state, room);
    case "consumers":
      return scrolled(consumers(), state, room);
    case "events":
      return scrolled(eventLines([...reading.events].reverse(), style), state, room);
    case "all":
      return shared([streams(), consumers()], reading, style, room);
  }
}

/** Both tables, one below the other, each with half of the room or as much as it needs; events use the rest. */
function shared(tables: readonly string[][], reading: TopReading, style: TopStyle, room: number): string[] {
  const [streams = [], consumers = []] = tables;
  const half = Math.floor((room - 1) / 2);
  const forConsumers = Math.min(consumers.length, Math.max(half, room - 1 - streams.length));
  const forStreams = Math.min(streams.length, room - 1 - forConsumers);
  const lines = [...cut(streams, forStreams, style), "", ...cut(consumers, forConsumers, style)];
  const left = room - lines.length - 1;
  if (left < MIN_EVENT_LINES || reading.events.length === 0) return lines;
  return [...lines, "", ...eventLines(reading.events.slice(1 - left), style)];
}

/** At most `count` lines of a table; the last one shows the number of omitted rows. */
function cut(lines: readonly string[], count: number, { palette }: TopStyle): string[] {
  if (lines.length <= count) return [...lines];
  const kept = lines.slice(0, Math.max(0, count - 1));
  return count < 1 ? [] : [...kept, palette.dim(`... and ${lines.length - kept.length} more: tab`)];
}

function scrolled([header = "", ...rows]: readonly string[], state: TopState, room: number): string[] {
  // The offset never scrolls past the last row.
  state.offset = Math.max(0, Math.min(state.offset, rows.length - (room - 1)));
  return [header, ...rows.slice(state.offset, state.offset + room - 1)];
}

function tableLines<Row>(
  columns: Parameters<typeof fitting<Row>>[0],
  rows: readonly Row[],
  { palette, width }: TopStyle,
): string[] {
  return dimmed(renderTable(fitting(columns, width) as readonly Column<Row>[], rows, { palette, width }), palette);
}

function eventLines(events: TopReading["events"], { palette, width }: TopStyle): string[] {
  return dimmed(renderTable(EVENT_COLUMNS, events, { palette, width }), palette);
}

function dimmed([header = "", ...rows]: readonly string[], palette: Palette): string[] {
  return [palette.dim(Bun.stripANSI(header)), ...rows];
}

function helpLines(): string[] {
  const orders = Object.entries(TOP_ORDERS).map(
    ([key, order]) => `  ${key}          order by ${order}; again: the other way round`,
  );
  return [
    ...orders,
    "  r          the other way round",
    "  tab        the next page: all, streams, consumers, events",
    "  up, down   scroll (also j, k, page up, page down, g for the top)",
    "  space      pause",
    "  q          quit",
    "",
    "Rates are those of the last 3 s. A stream's bytes/s, and drops by cause, come from the counters",
    "of its processes. lag: frames that the producer was ahead at the consumer's last report.",
  ];
}
