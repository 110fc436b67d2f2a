import type { EventView } from "../../supervision/model/index.ts";
import type { Column } from "../output/table.ts";

const TIME_WIDTH = 12;
/** Width of the longest common kind. */
const KIND_WIDTH = 17;

/** Columns of events, one line per event. */
export const EVENT_COLUMNS: readonly Column<EventView>[] = [
  { header: "time", cell: ({ time }) => timeOfDay(time), minWidth: TIME_WIDTH },
  {
    header: "event",
    minWidth: KIND_WIDTH,
    cell: ({ kind }) => kind,
    paint: (text, { severity }, palette) => (severity === "warning" ? palette.yellow(text) : palette.cyan(text)),
  },
  { header: "what happened", cell: ({ text }) => text },
];

/** Local time of day of an ISO time, with milliseconds. */
export function timeOfDay(iso: string): string {
  const date = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
