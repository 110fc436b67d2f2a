import {
  asFlag,
  attributeList,
  bridgeTypes,
  domainTypes,
  flag,
  openFlag,
  option,
  options,
  valueTypes,
} from "../../config/index.ts";
import { MAX_NAME_CHARS, MAX_SUMMARY_CHARS } from "../../protocol/wire-text.ts";
import { type CommandValues, command } from "./command.ts";
import { ROLE } from "./common-options.ts";

const { asciiText, choice, duration, integer, list, path, rate, text } = valueTypes;
const { namedEndpoint } = bridgeTypes;
const { count, dims, dtype, fallbackUri, folderName, groupId, slots, strides } = domainTypes;

/** Options for sources that have no format of their own. */
export const DATA = options({
  dtype: option(dtype(), "DTYPE", "element type of a raw or synthetic source, e.g. uint16"),
  dims: option(dims(), "DIMS", "shape of a raw or synthetic source, e.g. 480x640"),
});

export const PRODUCER = options({
  source: option(
    text("a source such as synthetic: or npy:FILE", "synthetic:"),
    "SPEC",
    "where frames come from, see below",
    {
      isRequired: true,
    },
  ),
  ...DATA,
  rate: option(rate(), "HZ", "frames per second", {
    otherwise: "that of a y4m file, a module or synthetic:; else as fast as possible",
  }),
  once: flag("read files once, also with --rate (which repeats them otherwise)"),
  flow: option(
    choice("drop", "wait"),
    "drop|wait",
    "when readers do not keep up: drop frames (live), or wait for the readers (files)",
    { otherwise: "wait for files and pipes read once, else drop" },
  ),
  waitTimeout: option(
    duration(),
    "TIME",
    "longest wait of --flow wait; then the frame is dropped, and a source that has ended ends its stream",
    { default: "5s" },
  ),
  waitConsumers: option(integer(0, 1_000_000), "N", "begin when N consumers have mapped", {
    otherwise: "1 with --flow wait, else 0",
  }),
  name: option(asciiText("camera-1", MAX_NAME_CHARS), "NAME", "name of the data source", { otherwise: "stream-<id>" }),
  summary: option(asciiText("left camera", MAX_SUMMARY_CHARS), "TEXT", "description of the data source", {
    otherwise: "the source's",
  }),
  attribute: option(
    attributeList(),
    "KEY[:FORMAT]=VALUE",
    "metadata that goes with the frames, e.g. gain=2.5 or pose:application/json=[0,1]; repeat the flag for several attributes",
    { isRepeatable: true },
  ),
  heartbeat: flag("send a Heartbeat with each announce"),
  timestampClock: option(
    choice("monotonic", "realtime", "tai", "device"),
    "CLOCK",
    "clock named in the metadata, for sources that stamp frames themselves",
    { otherwise: "not named: monotonic" },
  ),
  timestampMeaning: option(
    text("what timestamps mark", "exposure start"),
    "TEXT",
    'meaning of timestamps in the metadata, e.g. "exposure start"',
    { otherwise: "not said: the claim of the slot" },
  ),
  slots: option(slots(), "N", "slots of the ring, a power of two", { otherwise: "64, fewer for large frames" }),
  pool: option(strides(), "STRIDE[,STRIDE]", "slot sizes of the pools, powers of two, e.g. 64KiB,1MiB", {
    otherwise: "fits the source",
  }),
  namespace: option(folderName("default"), "NAME", "folder under --shm-dir", {
    key: "shm.namespace",
    default: "default",
  }),
  share: option(choice("private", "group"), "private|group", "who may map the regions: 0600, or 0660 for the group", {
    key: "shm.permissions_mode",
    keyValues: { "600": "private", "660": "group" },
    default: "private",
  }),
  group: option(groupId(), "GID", "the group of --share group, as a number"),
  requireHugepages: flag("refuse a --shm-dir that is not on hugetlbfs", { key: "shm.require_hugepages" }),
  prefault: flag("allocate all pages at the start (--no-prefault: on first use)", {
    key: "policies.prefault_shm",
    negatable: true,
    default: "true",
  }),
  ...ROLE,
});
export type ProducerValues = CommandValues<typeof PRODUCER>;

export const producer = command({
  name: "producer",
  settings: { table: "producers", isArray: true },
  summary: "writes frames of a source into shared memory",
  options: PRODUCER,
  examples: [
    "producer --source synthetic: --rate 30",
    "producer --standalone --source synthetic: --rate 30",
    "producer --standalone --source npy:frames.npy --rate 100 --stream 7",
    "producer --standalone --source y4m:- --name camera-1",
    "producer --standalone --source synthetic: --attribute gain=2.5 --attribute lens=f/2.8",
  ],
  notes: async () => `Sources\n${(await import("../../io/index.ts")).sourceHelp(asFlag)}`,
  load: () => import("../commands/producer.ts"),
});

export const CONSUMER = options({
  sink: option(text("a sink such as stats or npy:DIR", "stats"), "SPEC", "where frames go, see below", {
    default: "stats",
  }),
  mode: option(
    choice("stream", "latest", "decimated"),
    "stream|latest|decimated",
    "every frame, only the newest at each look, or every Nth (--decimation)",
    { default: "stream" },
  ),
  decimation: option(integer(1, 0xffff, { example: 2 }), "N", "with --mode decimated: every Nth frame", {
    default: "2",
  }),
  allowedBaseDirs: option(list(path(), "folder"), "DIR[,DIR]", "folders below which regions may be mapped", {
    key: "shm.allowed_base_dirs",
    otherwise: "--shm-dir",
  }),
  maxRate: option(rate(), "HZ", "read at most this many frames per second", { otherwise: "no limit" }),
  useShm: flag("read shared memory (--no-use-shm: read the fallback, e.g. on another host than the producer's)", {
    negatable: true,
    default: "true",
  }),
  fallback: option(
    fallbackUri(),
    "URI",
    "bridge to read from while shared memory cannot be used: aeron:udp?endpoint=ADDRESS:PORT, or bridge://ID",
    { otherwise: "none" },
  ),
  bridge: option(
    list(namedEndpoint(), "bridge"),
    "ID=ADDRESS:PORT",
    "address and port of this host for the fallback bridge://ID",
    { otherwise: "none", isRepeatable: true },
  ),
  peer: option(
    list(text("an IP address", "192.0.2.1"), "address"),
    "ADDRESS[,..]",
    "with a bridge as fallback: IP addresses of hosts that may send",
    { otherwise: "all", isRepeatable: true },
  ),
  progress: flag("print the progress of frames that are still being written, on standard error"),
  once: openFlag("end with the stream (default for sinks on standard output; --no-once: wait for the next producer)", {
    negatable: true,
  }),
  maxSeqGap: option(count(), "N", "skip to the newest frame when further behind than N", { otherwise: "off" }),
  delayPerFrame: option(duration(), "TIME", "be slow on purpose: block the thread this long per frame"),
  ...ROLE,
});
export type ConsumerValues = CommandValues<typeof CONSUMER>;

export const consumer = command({
  name: "consumer",
  settings: { table: "consumers", isArray: true },
  summary: "reads frames from shared memory into a sink",
  options: CONSUMER,
  examples: [
    "consumer",
    "consumer --standalone",
    "consumer --standalone --sink npy:frames/ --count 10",
    "consumer --standalone --sink y4m:-",
  ],
  notes: async () => `Sinks\n${(await import("../../io/index.ts")).sinkHelp(asFlag)}`,
  asksForStreams: true,
  load: () => import("../commands/consumer.ts"),
});
