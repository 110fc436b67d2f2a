import { formatCount } from "../../core/units.ts";
import { compactFields, type DecodedMessage, nameOf } from "../../observe/decoded-message.ts";
import type { Column } from "../output/table.ts";

/** A message in the form that is printed, or a gap where some were missed. */
export interface MessageRow {
  readonly timeMs: number;
  readonly aeronStreamId: number;
  readonly sessionId: number;
  readonly message: DecodedMessage;
}

export interface MissedRow {
  readonly timeMs: number;
  /** Approximate number of messages that were overwritten in the log before they could be read. */
  readonly missed: number;
}

export type TapRow = MessageRow | MissedRow;

/** Width of the longest common message name. */
const NAME_WIDTH = 18;

export const TAP_COLUMNS: readonly Column<TapRow>[] = [
  { header: "time", cell: ({ timeMs }) => timeOfDay(timeMs), minWidth: 12 },
  { header: "aeron", align: "right", cell: (row) => ("missed" in row ? null : row.aeronStreamId) },
  { header: "session", cell: (row) => ("missed" in row ? null : sessionText(row.sessionId)), minWidth: 8 },
  {
    header: "message",
    minWidth: NAME_WIDTH,
    cell: (row) => ("missed" in row ? "(missed)" : nameOf(row.message)),
    paint: (text, row, palette) => ("message" in row && "name" in row.message ? palette.cyan(text) : palette.red(text)),
  },
  {
    header: "fields",
    cell: (row) =>
      "missed" in row ? `about ${formatCount(row.missed)} messages were missed here` : compactFields(row.message),
  },
];

/** The row as JSON: the output of `wire decode`, with the message's position. */
export function rowJson(row: TapRow): unknown {
  const time = new Date(row.timeMs).toISOString();
  if ("missed" in row) return { time, missed: row.missed };
  const { aeronStreamId, sessionId, message } = row;
  return { time, aeronStreamId, sessionId, ...message };
}

/** Session ids are random 32-bit values: in hexadecimal they are short and easy to distinguish. */
export function sessionText(sessionId: number): string {
  return (sessionId >>> 0).toString(16).padStart(8, "0");
}

function timeOfDay(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`;
}
