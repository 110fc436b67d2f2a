import { domainTypes, flag, option, options, recordingTypes, valueTypes } from "../../config/index.ts";
import { EVENT_KINDS } from "../../supervision/model/event-log.ts";
import { TRIGGERS } from "../record/triggers.ts";
import { type CommandValues, command } from "./command.ts";
import { ROLE } from "./common-options.ts";
import { FILE_COMMANDS } from "./recording.ts";

const { compression, freeRule, recorderMemory, recordingPath, splitRule } = recordingTypes;
const { count, dataSource } = domainTypes;
const { choice, duration, list, size, text } = valueTypes;
const MAX_BYTES = 2 ** 50;

/** Options of every role, except those of a single stream: a recorder has many. */
const { stream: _stream, count: _count, ...ROLE_OF_MANY } = ROLE;

/** Options of a flight recorder, which writes on a trigger. */
const FLIGHT = options({
  before: option(duration(), "TIME", "keep the last frames in memory, and write them on a trigger", {
    otherwise: "everything is recorded",
  }),
  after: option(duration(), "TIME", "with --before: also write the frames of this time after the trigger", {
    otherwise: "5s",
  }),
  on: option(
    list(choice(...TRIGGERS, ...EVENT_KINDS), "trigger"),
    "WHAT[,WHAT]",
    "with --before: signal (SIGUSR1), SIGUSR2, loss, http, or a kind of `tensorpool events` such as producer-lost",
    { otherwise: "signal" },
  ),
  http: option(
    text("an address such as 9466 or 127.0.0.1:9466", "127.0.0.1:9466"),
    "ADDR",
    "with --on http: a POST to /api/v1/trigger there is a trigger; on the loopback only",
  ),
  httpToken: option(text("a token", "secret"), "TOKEN", "with --on http: token of a POST (better as a variable)", {
    isSecret: true,
  }),
});

const RECORD = options({
  streams: option(list(dataSource(), "stream"), "STREAM[,STREAM]", "streams to record, like the arguments"),
  all: flag("record every stream, also those that come later"),
  to: option(
    recordingPath(),
    "FILE",
    "the file, which must not exist (with --split: FILE-<time>-<number>.mcap); with --before a folder for files",
    { isRequired: true },
  ),
  split: option(splitRule(), "SIZE|TIME", "begin another file after this size or time: 16GiB, 1h", {
    otherwise: "never",
  }),
  keep: option(
    size(0, MAX_BYTES),
    "SIZE",
    "with --split or --before: remove the oldest files, also of earlier runs, when all have more than this, or when the disk is full",
    { otherwise: "all parts" },
  ),
  minFree: option(freeRule(), "SHARE|SIZE", "pause recording while less than this is free", { default: "5%" }),
  compress: option(compression(), "zstd[:LEVEL]", "compress chunks, which costs one copy of each frame", {
    default: "none",
  }),
  buffer: option(recorderMemory(), "SIZE", "memory for frames that the disk does not take at once", {
    default: "512MiB",
  }),
  pageCache: option(recorderMemory(), "SIZE", "most page cache that the recording uses", { default: "1GiB" }),
  count: option(count(), "N", "end when N frames of each stream are recorded", { short: "n" }),
  once: flag("end when the streams have ended"),
  ...FLIGHT,
  ...ROLE_OF_MANY,
});
export type RecordValues = CommandValues<typeof RECORD>;

export const record = command({
  name: "record",
  settings: { table: "recorders", isArray: true },
  summary: "records streams to MCAP files; every frame is in the file or counted",
  usage: "STREAM.. --to FILE.mcap [options]",
  maxPositionals: Number.POSITIVE_INFINITY,
  options: RECORD,
  verbs: FILE_COMMANDS,
  examples: [
    "record camera-1 --to session.mcap",
    "record 10000 10001 --to session.mcap --standalone",
    "record --all --to /data/night.mcap --split 16GiB --keep 500GiB",
    "record camera-1 --before 10s --after 5s --on signal,loss --to flights/ --keep 100GiB",
  ],
  notes: async () => (await import("../recording/notes.ts")).RECORD_NOTES,
  load: () => import("../commands/record.ts"),
});
