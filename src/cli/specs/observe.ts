import { bridgeTypes, domainTypes, flag, option, options, valueTypes } from "../../config/index.ts";
import { type Command, type CommandValues, command } from "./command.ts";
import { END, LISTEN, LISTEN_IDLE, OUTPUT, PLACE } from "./common-options.ts";

const { choice, duration, path, text } = valueTypes;
const { count } = domainTypes;
const { bridgeEndpoint } = bridgeTypes;

const INTERVAL = options({
  interval: option(duration({ isPositive: true }), "TIME", "time between two rows", { default: "1s" }),
});

const METER = options({
  ...INTERVAL,
  count: option(count(), "N", "end after N rows of each", { short: "n" }),
  ...END,
  once: flag("end after the first row of each: as --count 1"),
  ...LISTEN,
  ...OUTPUT,
});
export type MeterValues = CommandValues<typeof METER>;

const DELAY = options({
  ...INTERVAL,
  count: option(count(), "N", "end after N descriptors", { short: "n" }),
  ...END,
  once: flag("end after the first row"),
  ...LISTEN_IDLE,
  ...OUTPUT,
});
export type DelayValues = CommandValues<typeof DELAY>;

const META = options({
  watch: flag("continue, and show it again when it changes", { short: "w" }),
  count: option(count(), "N", "end after showing it N times", { short: "n" }),
  ...END,
  ...LISTEN,
  ...OUTPUT,
});
export type MetaValues = CommandValues<typeof META>;

const SNAPSHOT = options({
  to: option(path("frame.png"), "FILE", "*.png, *.npy, *.raw or *.bin; - for standard output, with --format", {
    isRequired: true,
  }),
  format: option(choice("png", "npy", "raw"), "FORMAT", "png, npy or raw", { otherwise: "that of FILE's name" }),
  png: option(
    text("options of a picture such as scale=0..4095,bits=16", "bits=16"),
    "OPTIONS",
    "options of the picture, as of --sink png:DIR, e.g. scale=0..4095,bits=16",
  ),
  new: flag("wait for a new frame (otherwise the newest one)"),
  timeout: option(duration(), "TIME", "how long to wait for stream and frame", { default: "5s" }),
  ...LISTEN,
  ...OUTPUT,
});
export type SnapshotValues = CommandValues<typeof SNAPSHOT>;

const DOCTOR = options({
  bridge: option(
    bridgeEndpoint(),
    "HOST:PORT",
    "also examine the path of a bridge to this address, or the port if the address is of this host",
  ),
  ...PLACE,
  ...OUTPUT,
});
export type DoctorValues = CommandValues<typeof DOCTOR>;

const METER_NOTES = [
  "STREAM is the id of a stream or the name of its data source; without one, all streams.",
  "Reads the header ring, which is mapped read-only; no message goes to the",
  "producer, and no queue waits for this tool. frames: every frame that took a seq.",
  "read: frames whose header was read, which the statistics are of: a sample if the ring",
  "is written more than 20 times a second.",
];

const hz = command({
  name: "hz",
  summary: "measures frames per second of streams, and their jitter",
  usage: "[stream ...] [options]",
  maxPositionals: 64,
  options: METER,
  examples: ["hz --once", "hz 10000 --count 3", "hz 10000 --interval 500ms -t 2 -o jsonl"],
  notes: async () =>
    [...METER_NOTES, "min to std: time from one frame's timestamp to the next one's.", NOTHING_THERE].join("\n"),
  load: () => import("../commands/hz.ts"),
});

const bw = command({
  name: "bw",
  summary: "measures bytes per second of streams, and frame sizes",
  usage: "[stream ...] [options]",
  maxPositionals: 64,
  options: METER,
  examples: ["bw --once", "bw 10000 --count 3", "bw 10000 -t 2 -o jsonl"],
  notes: async () =>
    [...METER_NOTES, "bytes/s: frames/s times the mean size of the frames that were read.", NOTHING_THERE].join("\n"),
  load: () => import("../commands/bw.ts"),
});

const delay = command({
  name: "delay",
  summary: "measures the age of frames when their descriptors arrive",
  usage: "<stream> [options]",
  maxPositionals: 1,
  options: DELAY,
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
  load: () => import("../commands/delay.ts"),
});

const meta = command({
  name: "meta",
  summary: "shows the data source of a stream, and its attributes",
  usage: "<stream> [options]",
  maxPositionals: 1,
  options: META,
  examples: ["meta 10000", "meta 10000 -o json", "meta 10000 --watch -t 2"],
  notes: async () =>
    [
      "STREAM is the id of a stream or the name of its data source. Values are shown as",
      "their format says: text and JSON as they are, other formats as hexadecimal",
      "(in JSON as base64).",
      NOTHING_THERE,
    ].join("\n"),
  load: () => import("../commands/meta.ts"),
});

const snapshot = command({
  name: "snapshot",
  summary: "writes one frame of a stream into a file: a picture, a NumPy array or its bytes",
  usage: "<stream> --to FILE [options]",
  maxPositionals: 1,
  options: SNAPSHOT,
  examples: [
    "snapshot 10000 --to frame.png",
    "snapshot 10000 --to frame.npy --new",
    "snapshot 10000 --to - --format npy",
  ],
  notes: async () =>
    [
      "The frame is checked as every reader does, and copied before it is written: FILE",
      "holds an intact frame. No consumer is added: the producer is not involved.",
      "Exit code 3: no media driver or no such stream was found, or no frame came in time.",
    ].join("\n"),
  load: () => import("../commands/snapshot.ts"),
});

const doctor = command({
  name: "doctor",
  summary: "finds problems of this machine and its settings, with remedies",
  options: DOCTOR,
  examples: ["doctor", "doctor -o json", "doctor --bridge 127.0.0.1:4400"],
  notes: async () =>
    [
      "Only reads: it changes, starts and connects to nothing. --bridge resolves the name,",
      "and sends three datagrams to the port, which a bridge ignores.",
      "ok: a remark may follow; warn: a problem in some situations; bad: a problem now.",
      "Exit code 1 if a check is bad.",
    ].join("\n"),
  load: () => import("../commands/doctor.ts"),
});

const NOTHING_THERE = "Exit code 3: no media driver or no such stream was found.";

/** Commands that measure and show streams without affecting them. */
export const OBSERVE_COMMANDS: readonly Command[] = [hz, bw, delay, meta, snapshot, doctor];
