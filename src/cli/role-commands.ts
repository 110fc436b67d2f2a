import { attributeList, valueTypes } from "../config/index.ts";
import { MAX_NAME_CHARS, MAX_SUMMARY_CHARS } from "../protocol/wire-text.ts";
import { MAX_NSLOTS } from "../shm/announcement.ts";
import type { Command } from "./command.ts";
import { ROLE_OPTIONS } from "./common-options.ts";
import type { OptionSpec } from "./option-spec.ts";

const { asciiText, choice, duration, integer, list, path, rate, size, text } = valueTypes;

/** What sources without a format of their own have to be told. */
export const DATA_OPTIONS: readonly OptionSpec[] = [
  {
    name: "dtype",
    value: "DTYPE",
    type: text("an element type", "uint8"),
    help: "element type of a raw or synthetic source, e.g. uint16",
  },
  {
    name: "dims",
    value: "DIMS",
    type: text("a shape such as 480x640", "480x640"),
    help: "shape of a raw or synthetic source, e.g. 480x640",
  },
];

export const producer: Command = {
  name: "producer",
  settings: { table: "producers", isArray: true },
  summary: "writes frames of a source into shared memory",
  options: [
    {
      name: "source",
      value: "SPEC",
      type: text("a source such as synthetic: or npy:FILE", "synthetic:"),
      help: "where frames come from, see below",
    },
    ...DATA_OPTIONS,
    {
      name: "rate",
      value: "HZ",
      type: rate(),
      help: "frames per second",
      defaultText: "that of a y4m file, a module or synthetic:; else as fast as possible",
    },
    { name: "once", help: "read files once, also with --rate (they are repeated otherwise)" },
    {
      name: "flow",
      value: "drop|wait",
      type: choice("drop", "wait"),
      help: "what to do when readers do not keep up: drop frames (live), or wait for them (files)",
      defaultText: "wait for files and pipes read once, else drop",
    },
    {
      name: "wait-timeout",
      value: "TIME",
      type: duration(),
      help: "longest wait of --flow wait; then the frame is dropped",
      defaultText: "5s",
    },
    {
      name: "wait-consumers",
      value: "N",
      type: integer(0, 1_000_000),
      help: "begin when N consumers have mapped",
      defaultText: "1 with --flow wait, else 0",
    },
    {
      name: "name",
      value: "NAME",
      type: asciiText("camera-1", MAX_NAME_CHARS),
      help: "name of the data source",
      defaultText: "stream-<id>",
    },
    {
      name: "summary",
      value: "TEXT",
      type: asciiText("left camera", MAX_SUMMARY_CHARS),
      help: "what the data source is",
      defaultText: "the source's",
    },
    {
      name: "attribute",
      value: "KEY[:FORMAT]=VALUE",
      type: attributeList(),
      isRepeatable: true,
      help: "metadata that goes with the frames, e.g. gain=2.5 or pose:application/json=[0,1]; several flags, several attributes",
    },
    { name: "heartbeat", help: "send a Heartbeat with each announce" },
    {
      name: "timestamp-clock",
      value: "CLOCK",
      type: choice("monotonic", "realtime", "tai", "device"),
      help: "the clock that the metadata names: for sources that stamp frames themselves",
      defaultText: "not named: monotonic",
    },
    {
      name: "timestamp-meaning",
      value: "TEXT",
      type: text("what timestamps mark", "exposure start"),
      help: 'what the metadata says that timestamps mark, e.g. "exposure start"',
      defaultText: "not said: the claim of the slot",
    },
    {
      name: "slots",
      value: "N",
      type: integer(1, MAX_NSLOTS, { powerOfTwo: true, example: 64 }),
      help: "slots of the ring, a power of two",
      defaultText: "64, fewer for large frames",
    },
    {
      name: "pool",
      value: "STRIDE[,STRIDE]",
      type: list(size(4096, 2 ** 31, { powerOfTwo: true }), "stride"),
      help: "slot sizes of the pools, powers of two, e.g. 64KiB,1MiB",
      defaultText: "fits the source",
    },
    {
      name: "namespace",
      value: "NAME",
      type: text("a name for a folder", "default"),
      key: "shm.namespace",
      help: "folder under --shm-dir",
      defaultText: "default",
    },
    {
      name: "share",
      value: "private|group",
      type: choice("private", "group"),
      key: "shm.permissions_mode",
      keyValues: { "600": "private", "660": "group" },
      help: "who may map the regions: 0600, or 0660 for the group",
      defaultText: "private",
    },
    { name: "group", value: "GID", type: integer(0, 0xffff_fffe), help: "the group of --share group, as a number" },
    { name: "require-hugepages", key: "shm.require_hugepages", help: "refuse a --shm-dir that is not on hugetlbfs" },
    {
      name: "prefault",
      key: "policies.prefault_shm",
      negatable: true,
      help: "make all pages present at start (--no-prefault: at their first use)",
    },
    ...ROLE_OPTIONS,
  ],
  examples: [
    "producer --source synthetic: --rate 30",
    "producer --standalone --source synthetic: --rate 30",
    "producer --standalone --source npy:frames.npy --rate 100 --stream 7",
    "producer --standalone --source y4m:- --name camera-1",
    "producer --standalone --source synthetic: --attribute gain=2.5 --attribute lens=f/2.8",
  ],
  notes: async () => `Sources\n${(await import("../io/index.ts")).SOURCE_HELP}`,
  load: () => import("./commands/producer.ts"),
};

export const consumer: Command = {
  name: "consumer",
  settings: { table: "consumers", isArray: true },
  summary: "reads frames from shared memory into a sink",
  options: [
    {
      name: "sink",
      value: "SPEC",
      type: text("a sink such as stats or npy:DIR", "stats"),
      help: "where frames go, see below",
      defaultText: "stats",
    },
    {
      name: "mode",
      value: "stream|latest|decimated",
      type: choice("stream", "latest", "decimated"),
      help: "every frame, only the newest at each look, or every Nth (--decimation)",
      defaultText: "stream",
    },
    {
      name: "decimation",
      value: "N",
      type: integer(1, 0xffff, { example: 2 }),
      help: "with --mode decimated: every Nth frame",
      defaultText: "2",
    },
    {
      name: "allowed-base-dirs",
      value: "DIR[,DIR]",
      type: list(path(), "folder"),
      key: "shm.allowed_base_dirs",
      help: "folders below which regions may be mapped",
      defaultText: "--shm-dir",
    },
    {
      name: "max-rate",
      value: "HZ",
      type: rate(),
      help: "frames per second that are read at most",
      defaultText: "no limit",
    },
    {
      name: "fallback",
      value: "URI",
      type: text("aeron:... or bridge://ID", "aeron:ipc"),
      help: "aeron:... or bridge://id, reported when shared memory cannot be used",
      defaultText: "none",
    },
    { name: "progress", help: "say on standard error how far frames are that are still being written" },
    {
      name: "once",
      negatable: true,
      help: "end with the stream (default for sinks on standard output; --no-once: wait for the next producer)",
    },
    {
      name: "max-seq-gap",
      value: "N",
      type: integer(1, Number.MAX_SAFE_INTEGER),
      help: "skip to the newest frame when further behind than N",
      defaultText: "off",
    },
    {
      name: "delay-per-frame",
      value: "TIME",
      type: duration(),
      help: "be slow on purpose: hold the thread this long with each frame",
    },
    ...ROLE_OPTIONS,
  ],
  examples: [
    "consumer",
    "consumer --standalone",
    "consumer --standalone --sink npy:frames/ --count 10",
    "consumer --standalone --sink y4m:-",
  ],
  notes: async () => `Sinks\n${(await import("../io/index.ts")).SINK_HELP}`,
  asksForStreams: true,
  load: () => import("./commands/consumer.ts"),
};
