import { valueTypes } from "../config/index.ts";
import type { Command } from "./command.ts";
import { OUTPUT_OPTION, PLACE_OPTIONS } from "./common-options.ts";
import { MESSAGE_OPTIONS } from "./message-options.ts";
import type { OptionSpec } from "./option-spec.ts";

const { choice, duration, integer, seconds } = valueTypes;

/** Where streams are, for tools that rest on purpose: no --idle. */
const WATCH_OPTIONS: readonly OptionSpec[] = MESSAGE_OPTIONS.filter(({ name }) => name !== "idle");

const INTERVAL_OPTION: OptionSpec = {
  name: "interval",
  value: "TIME",
  type: duration({ isPositive: true }),
  help: "time between two rows",
  defaultText: "1s",
};

const METER_OPTIONS: readonly OptionSpec[] = [
  INTERVAL_OPTION,
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
  "where the ring is written more than 20 times a second: then they are samples.",
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

const delay: Command = {
  name: "delay",
  summary: "how old frames are when their descriptors arrive",
  usage: "<stream> [options]",
  maxPositionals: 1,
  options: [
    INTERVAL_OPTION,
    {
      name: "count",
      short: "n",
      value: "N",
      type: integer(1, Number.MAX_SAFE_INTEGER),
      help: "end after N descriptors",
    },
    { name: "seconds", short: "t", value: "S", type: seconds(), help: "end after S seconds (or 250ms, 2m)" },
    { name: "once", help: "end after the first row" },
    ...MESSAGE_OPTIONS,
    OUTPUT_OPTION,
  ],
  examples: ["delay 10000 --once", "delay 10000 -t 3 --idle busy-spin", "delay 10000 -n 100 -o jsonl"],
  notes: async () =>
    [
      "From the frame's timestamp to the arrival of its descriptor here, with a histogram",
      "at the end. What the timestamp marks is said at the start. The clock that the",
      "metadata names (monotonic, realtime, tai) is read here; a device's is refused.",
      "This tool's own waking up is part of it: up to 1 ms with --idle backoff, next to",
      "nothing with --idle busy-spin, which takes a CPU. Of fast streams the first 2,000",
      "descriptors of each second are taken: a listener must not hold the window up.",
      `${NOTHING_THERE} 1: the timestamps are of another clock.`,
    ].join("\n"),
  load: () => import("./commands/delay.ts"),
};

const meta: Command = {
  name: "meta",
  summary: "the data source of a stream, and its attributes",
  usage: "<stream> [options]",
  maxPositionals: 1,
  options: [
    { name: "watch", short: "w", help: "go on, and show it again whenever it has changed" },
    { name: "count", short: "n", value: "N", type: integer(1, Number.MAX_SAFE_INTEGER), help: "end after N showings" },
    { name: "seconds", short: "t", value: "S", type: seconds(), help: "end after S seconds (or 250ms, 2m)" },
    ...MESSAGE_OPTIONS.filter(({ name }) => name !== "idle"),
    OUTPUT_OPTION,
  ],
  examples: ["meta 10000", "meta 10000 -o json", "meta 10000 --watch -t 2"],
  notes: async () =>
    [
      "STREAM is the id of a stream or the name of its data source. Values are shown as",
      "their format says: text and JSON as what they say, anything else as hexadecimal",
      "(in JSON as base64).",
      NOTHING_THERE,
    ].join("\n"),
  load: () => import("./commands/meta.ts"),
};

const snapshot: Command = {
  name: "snapshot",
  summary: "writes one frame of a stream into a file: a picture, a NumPy array or its bytes",
  usage: "<stream> --to FILE [options]",
  maxPositionals: 1,
  options: [
    { name: "to", value: "FILE", help: "*.png, *.npy, *.raw or *.bin; - for standard output, with --format" },
    {
      name: "format",
      value: "FORMAT",
      type: choice("png", "npy", "raw"),
      help: "png, npy or raw",
      defaultText: "that of FILE's name",
    },
    {
      name: "png",
      value: "OPTIONS",
      help: "how a picture is made, as after --sink png:DIR, e.g. scale=0..4095,bits=16",
    },
    { name: "new", help: "only a frame that is committed from now on (otherwise the newest that is there)" },
    {
      name: "timeout",
      value: "TIME",
      type: duration(),
      help: "how long to wait for stream and frame",
      defaultText: "5s",
    },
    ...WATCH_OPTIONS,
    OUTPUT_OPTION,
  ],
  examples: [
    "snapshot 10000 --to frame.png",
    "snapshot 10000 --to frame.npy --new",
    "snapshot 10000 --to - --format npy",
  ],
  notes: async () =>
    [
      "The frame is checked like any reader's, and copied before it is written: what is",
      "in FILE was intact. No consumer is added: the producer does not hear of it.",
      "Exit code 3: no media driver is there, no such stream, or no frame in time.",
    ].join("\n"),
  load: () => import("./commands/snapshot.ts"),
};

const doctor: Command = {
  name: "doctor",
  summary: "examines this machine and its settings, and says what helps",
  options: [...PLACE_OPTIONS, OUTPUT_OPTION],
  examples: ["doctor", "doctor -o json"],
  notes: async () =>
    [
      "Looks only: nothing is changed, started or connected to. ok: a remark may follow;",
      "warn: will get into the way in some situation; bad: does already. Exit code 1 when",
      "something is bad.",
    ].join("\n"),
  load: () => import("./commands/doctor.ts"),
};

const NOTHING_THERE = "Exit code 3: no media driver is there, or no such stream.";

/** Commands that measure and show streams without being noticed. */
export const OBSERVE_COMMANDS: readonly Command[] = [hz, bw, delay, meta, snapshot, doctor];
