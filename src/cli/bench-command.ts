import { valueTypes } from "../config/index.ts";
import type { Command } from "./command.ts";
import { OUTPUT_OPTION } from "./common-options.ts";

const { choice, idleStrategy, integer, rate, seconds, size } = valueTypes;

export const BENCH_COMMAND: Command = {
  name: "bench",
  summary: "measures throughput, latency and interference, and compares with others",
  usage: "SECTION [options]",
  maxPositionals: 2,
  options: [
    {
      name: "payload",
      value: "SIZE",
      type: size(0, 2 ** 31),
      help: "bytes of a frame",
      defaultText: "64, stream: 8MiB",
    },
    {
      name: "frames",
      value: "N",
      type: integer(3, Number.MAX_SAFE_INTEGER),
      help: "frames of a run",
      defaultText: "5000000",
    },
    {
      name: "slots",
      value: "N",
      type: integer(1, 2 ** 24, { powerOfTwo: true }),
      help: "slots of the ring",
      defaultText: "1024",
    },
    {
      name: "fill",
      value: "copy|in-place",
      type: choice("copy", "in-place"),
      help: "copy each frame in, or touch one byte of it",
      defaultText: "copy",
    },
    {
      name: "flow",
      value: "wait|drop",
      type: choice("wait", "drop"),
      help: "what the producer does when readers do not keep up",
      defaultText: "wait; latency: drop",
    },
    { name: "consumers", value: "N", type: integer(1, 64), help: "consumer processes", defaultText: "1" },
    {
      name: "streams",
      value: "N",
      type: integer(2, 128),
      help: "scale: only what N streams in one process cost against one",
      defaultText: "100, and all the rest",
    },
    { name: "standalone", help: "the producer owns the regions (the default)" },
    {
      name: "driver",
      help: "throughput, latency: a driver owns the regions and leases them; throughput compares with --standalone",
    },
    {
      name: "media-driver",
      value: "embedded|auto",
      type: choice("embedded", "auto"),
      help: "in the producer's duty cycle (the driver's process), or as a process of its own",
      defaultText: "embedded",
    },
    { name: "rate", value: "HZ", type: rate(), help: "frames per second", defaultText: "latency: 20000" },
    {
      name: "seconds",
      short: "t",
      value: "S",
      type: seconds(),
      help: "how long a run is",
      defaultText: "5, stream: 60",
    },
    {
      name: "rounds",
      value: "N",
      type: integer(1, 1_000_000),
      help: "repetitions; medians are shown",
      defaultText: "1 to 3",
    },
    {
      name: "idle",
      value: "STRATEGY",
      type: idleStrategy(),
      help: "how the processes wait",
      defaultText: "backoff; latency and pingpong: busy-spin",
    },
    { name: "to", value: "FILE", help: "write the results there as JSON, too" },
    OUTPUT_OPTION,
  ],
  examples: [
    "bench throughput --payload 64 --frames 5000000 --slots 1024 -o json",
    "bench throughput --driver",
    "bench latency --payload 64 --rate 20000 --seconds 5",
    "bench stream --payload 8MiB --seconds 60",
  ],
  notes: async () =>
    [
      "Sections",
      "  throughput    frames/s from process to process, and what they allocate",
      "  latency       from before the fill until the frame was validated, and bare Aeron",
      "  pingpong      a frame and its answer, the round trip halved",
      "  sustained     the highest rate at which at most 0.1 % of the frames are lost",
      "  stream        large frames, every byte of which is read, and two memcpys",
      "  scale         consumers, streams, payloads and pools",
      "  interference  what a stopped, slow or killed consumer, or ten observers, change",
      "  idle          what waiting costs, and how late a frame is after it",
      "  compare       the same over zeromq.js (in Node), a Unix socket, and memcpy",
      "  all           all of them",
      "Starts its own processes, in folders of its own that go with it. Figures move by a",
      "factor of two from machine to machine and from minute to minute: compare ratios",
      "within one run.",
    ].join("\n"),
  load: () => import("./commands/bench.ts"),
};
