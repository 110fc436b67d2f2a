import { domainTypes, flag, option, options, valueTypes, withDefault } from "../../config/index.ts";
import { type CommandValues, command } from "./command.ts";
import { END, IDLE, OUTPUT } from "./common-options.ts";

const { choice, integer, numberFrom, path, rate, size } = valueTypes;
const { slots } = domainTypes;

const BENCH = options({
  payload: option(size(0, 2 ** 31), "SIZE", "bytes of a frame", { otherwise: "64; stream, view: 8MiB" }),
  frames: option(integer(3, Number.MAX_SAFE_INTEGER), "N", "frames of a run", { otherwise: "5000000" }),
  slots: option(slots(), "N", "slots of the ring", { otherwise: "1024" }),
  fill: option(choice("copy", "in-place"), "copy|in-place", "copy each frame in, or touch one byte of it", {
    otherwise: "copy",
  }),
  flow: option(choice("wait", "drop"), "wait|drop", "what the producer does when readers do not keep up", {
    otherwise: "wait; latency: drop",
  }),
  consumers: option(integer(1, 64), "N", "consumer processes; view: pages", { otherwise: "1; view: 3" }),
  streams: option(integer(2, 128), "N", "scale: only what N streams in one process cost against one", {
    otherwise: "100, and all the rest",
  }),
  standalone: flag("the producer owns the regions (the default)"),
  driver: flag("throughput, latency: a driver owns the regions and leases them; throughput compares with --standalone"),
  mediaDriver: option(
    choice("embedded", "auto"),
    "embedded|auto",
    "in the producer's duty cycle (the driver's process), or as a process of its own",
    { otherwise: "embedded" },
  ),
  rate: option(rate(), "HZ", "frames per second", { otherwise: "latency: 20000, view: 200" }),
  seconds: { ...withDefault(END.seconds, { otherwise: "5, view: 30, stream: 60" }), help: "how long a run is" },
  minutes: option(
    numberFrom(0.01, 10_000, 10),
    "N",
    "record: only record at full rate for N minutes, and show the recorder's memory",
  ),
  rounds: option(integer(1, 1_000_000), "N", "repetitions; medians are shown", { otherwise: "1 to 3" }),
  idle: {
    ...withDefault(IDLE.idle, { otherwise: "backoff; latency and pingpong: busy-spin" }),
    help: "how the processes wait",
  },
  to: option(path("results.json"), "FILE", "write the results there as JSON, too"),
  ...OUTPUT,
});
export type BenchValues = CommandValues<typeof BENCH>;

export const BENCH_COMMAND = command({
  name: "bench",
  summary: "measures throughput, latency and interference, and compares with others",
  usage: "SECTION [options]",
  maxPositionals: 2,
  options: BENCH,
  examples: [
    "bench throughput --payload 64 --frames 5000000 --slots 1024 -o json",
    "bench throughput --driver",
    "bench latency --payload 64 --rate 20000 --seconds 5",
    "bench stream --payload 8MiB --seconds 60",
    "bench record --minutes 10",
  ],
  notes: async () =>
    [
      "Sections",
      "  throughput    frames/s from process to process, and what they allocate",
      "  latency       from before the fill until the frame was validated, and bare Aeron",
      "  pingpong      a frame and its answer, the round trip halved",
      "  sustained     the highest rate at which at most 0.1 % of the frames are lost",
      "  stream        large frames, every byte of which is read, and two memcpys",
      "  record        frames to a disk and to /dev/shm, and back, against plain writes and reads;",
      "                what a recorder changes for its producer; --minutes: its memory",
      "  bridge        frames to another media driver over UDP, against a plain Aeron stream and sendmmsg",
      "  view          large pictures while pages look at them, and without pages",
      "  scale         consumers, streams, payloads and pools",
      "  interference  what a stopped, slow or killed consumer, or ten observers, change",
      "  idle          what waiting costs, and how late a frame is after it",
      "  compare       the same over zeromq.js (in Node), a Unix socket, and memcpy",
      "  all           all of them",
      "Starts its own processes, in folders of its own that go with it. Figures move by a",
      "factor of two from machine to machine and from minute to minute: compare ratios",
      "within one run.",
    ].join("\n"),
  load: () => import("../commands/bench.ts"),
});
