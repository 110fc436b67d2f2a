import { flag, option, options, replayTypes, valueTypes, withDefault } from "../../config/index.ts";
import { type Command, type CommandValues, command } from "./command.ts";
import { OUTPUT } from "./common-options.ts";
import { PRODUCER } from "./roles.ts";

const { integer, list, text } = valueTypes;
const { exportTarget, position, speed, streamChoices } = replayTypes;

const FROM = option(
  position(),
  "POSITION",
  "begin there: a time from the beginning (10s), a date (2026-11-28T12:00:00Z) or a frame (#500)",
  { otherwise: "the beginning", settable: "flag" },
);
const TO = option(position(), "POSITION", "end there", { otherwise: "the end", settable: "flag" });

/** Options of a producer that a replay takes from its file instead. */
const {
  source: _source,
  dtype: _dtype,
  dims: _dims,
  rate: _rate,
  once: _once,
  name: _name,
  summary: _summary,
  timestampClock: _timestampClock,
  timestampMeaning: _timestampMeaning,
  stream: _stream,
  use: _use,
  waitConsumers: _waitConsumers,
  ...PUBLISHING
} = PRODUCER;

const REPLAY = options({
  speed: option(speed(), "FACTOR", "speed relative to the recording, e.g. 0.1 or 2; max: as fast as consumers read", {
    default: "1",
  }),
  from: FROM,
  to: TO,
  loop: flag("repeat until stopped"),
  stream: option(
    streamChoices(),
    "A[=ID]",
    "only this stream, by id, name or topic; =ID: under another id; repeat the flag for several streams",
    { isRepeatable: true, otherwise: "all, under the ids that they were recorded under", settable: "flag" },
  ),
  stampNow: flag("use timestamps of the replay instead of the recorded ones"),
  waitConsumers: option(integer(0, 1_000_000), "N", "begin when N consumers have mapped streams of the recording", {
    default: "1",
  }),
  ...PUBLISHING,
  flow: withDefault(PRODUCER.flow, { otherwise: "wait" }),
});
export type ReplayValues = CommandValues<typeof REPLAY>;

const replay = command({
  name: "replay",
  summary: "publishes the streams of a recording with their original timing",
  usage: "FILE.. [options]",
  maxPositionals: Number.POSITIVE_INFINITY,
  options: REPLAY,
  examples: [
    "replay run.mcap --standalone",
    "replay run.mcap --standalone --speed max",
    "replay run.mcap --standalone --from 10s --to 20s --loop",
    "replay run.mcap --standalone --stream camera-1=20000",
  ],
  notes: async () => (await import("../recording/notes.ts")).REPLAY_NOTES,
  load: () => import("../commands/replay.ts"),
});

const EXPORT = options({
  to: option(
    exportTarget(),
    "FORMAT[:PATH]",
    "npy, raw, png, y4m, kerchunk or hdf5; the last two refer to the recording and copy nothing",
    { isRequired: true, settable: "flag" },
  ),
  streams: option(list(text("a stream", "10000"), "stream"), "A[,B]", "only these streams, by id, name or topic", {
    otherwise: "all",
    settable: "flag",
  }),
  from: FROM,
  until: TO,
  every: option(integer(1, Number.MAX_SAFE_INTEGER, { example: 10 }), "N", "every Nth frame only", {
    default: "1",
    settable: "flag",
  }),
  force: flag("replace existing files", { settable: "flag" }),
});
export type ExportValues = CommandValues<typeof EXPORT>;

const exportCommand = command({
  name: "export",
  summary: "writes frames of a recording as files of other formats",
  usage: "FILE.. --to FORMAT[:PATH]",
  maxPositionals: Number.POSITIVE_INFINITY,
  options: EXPORT,
  examples: [
    "export run.mcap --to npy:frames/",
    "export run.mcap --to png:pictures/ --every 30",
    "export run.mcap --to kerchunk:run.json",
    "export run.mcap --to hdf5:run.h5 --streams camera-1",
  ],
  notes: async () => (await import("../recording/notes.ts")).EXPORT_NOTES,
  load: () => import("../commands/export.ts"),
});

export const RECORDING_COMMANDS: readonly Command[] = [replay, exportCommand];

const FILES = options({ ...OUTPUT });
export type FileValues = CommandValues<typeof FILES>;

/** Commands for existing recordings. */
export const FILE_COMMANDS: readonly Command[] = [
  command({
    name: "record info",
    summary: "streams, times, rates, sizes and gaps of a recording, and the recorder's account of what is missing",
    usage: "FILE..",
    maxPositionals: Number.POSITIVE_INFINITY,
    options: FILES,
    examples: ["record info run.mcap", "record info run.mcap -o json"],
    load: () => import("../recording/info.ts"),
  }),
  command({
    name: "record verify",
    summary: "reads every byte of a recording and compares what it says of itself; ends with 1 when something is wrong",
    usage: "FILE..",
    maxPositionals: Number.POSITIVE_INFINITY,
    options: FILES,
    examples: ["record verify run.mcap"],
    load: () => import("../recording/verify.ts"),
  }),
  command({
    name: "record repair",
    summary: "writes the index of a recording that was cut; what was recorded is not written again",
    usage: "FILE..",
    maxPositionals: Number.POSITIVE_INFINITY,
    options: FILES,
    examples: ["record repair run.mcap"],
    load: () => import("../recording/repair.ts"),
  }),
];
