import type { Command } from "./command.ts";
import { OUTPUT_OPTION, PLACE_OPTIONS, ROLE_OPTIONS } from "./common-options.ts";
import type { OptionSpec } from "./option-spec.ts";

const DATA_OPTIONS: readonly OptionSpec[] = [
  { name: "dtype", value: "DTYPE", help: "element type of a raw or synthetic source, e.g. uint16" },
  { name: "dims", value: "DIMS", help: "shape of a raw or synthetic source, e.g. 480x640" },
];

const producer: Command = {
  name: "producer",
  summary: "writes frames of a source into shared memory",
  options: [
    { name: "source", value: "SPEC", help: "where frames come from, see below" },
    ...DATA_OPTIONS,
    { name: "rate", value: "HZ", help: "frames per second", defaultText: "the source's own, else as fast as possible" },
    { name: "once", help: "read files once, also with --rate (they are repeated otherwise)" },
    {
      name: "flow",
      value: "drop|wait",
      help: "what to do when readers do not keep up: drop frames (live), or wait for them (files)",
      defaultText: "wait for files and pipes read once, else drop",
    },
    {
      name: "wait-timeout",
      value: "TIME",
      help: "longest wait of --flow wait; then the frame is dropped",
      defaultText: "5s",
    },
    {
      name: "wait-consumers",
      value: "N",
      help: "begin when N consumers have mapped",
      defaultText: "1 with --flow wait, else 0",
    },
    { name: "name", value: "NAME", help: "name of the data source", defaultText: "stream-<id>" },
    { name: "slots", value: "N", help: "slots of the ring, a power of two", defaultText: "64, fewer for large frames" },
    {
      name: "pool",
      value: "STRIDE[,STRIDE]",
      help: "slot sizes of the pools, powers of two, e.g. 64KiB,1MiB",
      defaultText: "fits the source",
    },
    { name: "namespace", value: "NAME", help: "folder under --shm-dir", defaultText: "default" },
    {
      name: "share",
      value: "private|group",
      help: "who may map the regions: 0600, or 0660 for the group",
      defaultText: "private",
    },
    { name: "group", value: "GID", help: "the group of --share group, as a number" },
    { name: "require-hugepages", help: "refuse a --shm-dir that is not on hugetlbfs" },
    { name: "prefault", negatable: true, help: "make all pages present at start (--no-prefault: at their first use)" },
    ...ROLE_OPTIONS,
  ],
  examples: [
    "producer --standalone --source synthetic: --rate 30",
    "producer --standalone --source npy:frames.npy --rate 100 --stream 7",
    "producer --standalone --source y4m:- --name camera-1",
  ],
  notes: async () => `Sources\n${(await import("../io/index.ts")).SOURCE_HELP}`,
  load: () => import("./commands/producer.ts"),
};

const consumer: Command = {
  name: "consumer",
  summary: "reads frames from shared memory into a sink",
  options: [
    { name: "sink", value: "SPEC", help: "where frames go, see below", defaultText: "stats" },
    {
      name: "mode",
      value: "stream|latest",
      help: "every frame, or only the newest at each look",
      defaultText: "stream",
    },
    {
      name: "once",
      negatable: true,
      help: "end with the stream (default for sinks on standard output; --no-once: wait for the next producer)",
    },
    {
      name: "max-seq-gap",
      value: "N",
      help: "skip to the newest frame when further behind than N",
      defaultText: "off",
    },
    { name: "delay-per-frame", value: "TIME", help: "be slow on purpose: hold the thread this long with each frame" },
    ...ROLE_OPTIONS,
  ],
  examples: [
    "consumer --standalone",
    "consumer --standalone --sink npy:frames/ --count 10",
    "consumer --standalone --sink y4m:-",
  ],
  notes: async () => `Sinks\n${(await import("../io/index.ts")).SINK_HELP}`,
  load: () => import("./commands/consumer.ts"),
};

const mediaDriver: Command = {
  name: "media-driver",
  summary: "runs the Aeron media driver",
  options: [
    ...PLACE_OPTIONS.filter((option) => option.name === "aeron-dir"),
    { name: "threading", value: "MODE", help: "shared, dedicated or invoker", defaultText: "shared" },
    { name: "linger", value: "TIME", help: "end when no client was there for this long; 0: never", defaultText: "10s" },
  ],
  examples: ["media-driver --aeron-dir /dev/shm/my-aeron --linger 0"],
  load: () => import("./commands/media-driver.ts"),
};

const demo: Command = {
  name: "demo",
  summary: "a producer and two consumers, one of them slow on purpose, as processes of their own",
  options: [
    { name: "source", value: "SPEC", help: "any source of `producer`", defaultText: "synthetic:" },
    ...DATA_OPTIONS,
    { name: "rate", value: "HZ", help: "frames per second", defaultText: "500" },
    { name: "seconds", short: "t", value: "S", help: "how long it runs", defaultText: "8" },
    ...PLACE_OPTIONS,
    OUTPUT_OPTION,
  ],
  examples: ["demo", "demo --source synthetic:dtype=uint16,dims=1024x1024 --rate 1000 --seconds 5"],
  load: () => import("./commands/demo.ts"),
};

const wire: Command = {
  name: "wire",
  summary: "translates messages of the wire between hexadecimal and JSON",
  usage: "encode|decode ...",
  options: [],
  examples: [],
  readsOwnArguments: true,
  load: () => import("./commands/wire.ts"),
};

const version: Command = {
  name: "version",
  summary: "prints the versions of tensorpool, Bun and Aeron",
  options: [OUTPUT_OPTION],
  examples: ["version -o json"],
  load: () => import("./commands/version.ts"),
};

/** Every command, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [demo, producer, consumer, mediaDriver, wire, version];
