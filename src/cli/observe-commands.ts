import { valueTypes } from "../config/index.ts";
import type { Command } from "./command.ts";
import { OUTPUT_OPTION, PLACE_OPTIONS } from "./common-options.ts";
import { MESSAGE_OPTIONS } from "./message-options.ts";
import type { OptionSpec } from "./option-spec.ts";

const { duration, integer, seconds } = valueTypes;

/** Where streams are, for tools that rest on purpose: no --idle. */
const WATCH_OPTIONS: readonly OptionSpec[] = [
  ...PLACE_OPTIONS.filter(({ name }) => name === "shm-dir"),
  ...MESSAGE_OPTIONS.filter(({ name }) => name !== "idle"),
];

const METER_OPTIONS: readonly OptionSpec[] = [
  { name: "interval", value: "TIME", type: duration(), help: "time between two rows", defaultText: "1s" },
  {
    name: "count",
    short: "n",
    value: "N",
    type: integer(1, Number.MAX_SAFE_INTEGER),
    help: "end after N rows of each",
  },
  { name: "seconds", short: "t", value: "S", type: seconds(), help: "end after S seconds (or 250ms, 2m)" },
  { name: "once", help: "end after the first row of each: as --count 1" },
  ...WATCH_OPTIONS,
  OUTPUT_OPTION,
];

const METER_NOTES = [
  "STREAM is the id of a stream or the name of its data source; without one, all streams.",
  "Read from the header ring, which is mapped for reading; nothing is asked of the",
  "producer, and no queue waits for this tool. frames: those that took a seq, all of",
  "them. read: those whose header was read; the statistics are of these. They are fewer",
  "where more come between two looks (25 ms) than the ring holds.",
];

const hz: Command = {
  name: "hz",
  summary: "frames per second of streams, and how evenly they come",
  usage: "[stream ...] [options]",
  maxPositionals: 64,
  options: METER_OPTIONS,
  examples: ["hz --once", "hz 10000 --count 3", "hz 10000 --interval 500ms -t 2 -o jsonl"],
  notes: async () =>
    [...METER_NOTES, "min to std: time from one frame's timestamp to the next one's.", NOTHING_THERE].join("\n"),
  load: () => import("./commands/hz.ts"),
};

const bw: Command = {
  name: "bw",
  summary: "bytes per second of streams, and how large their frames are",
  usage: "[stream ...] [options]",
  maxPositionals: 64,
  options: METER_OPTIONS,
  examples: ["bw --once", "bw 10000 --count 3", "bw 10000 -t 2 -o jsonl"],
  notes: async () =>
    [...METER_NOTES, "bytes/s: frames/s times the mean size of the frames that were read.", NOTHING_THERE].join("\n"),
  load: () => import("./commands/bw.ts"),
};

const NOTHING_THERE = "Exit code 3: no media driver is there, or no such stream.";

/** Commands that measure and show streams without being noticed. */
export const OBSERVE_COMMANDS: readonly Command[] = [hz, bw];
