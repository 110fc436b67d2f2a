import { domainTypes, option, options, valueTypes } from "../../config/index.ts";
import { type CommandValues, command } from "./command.ts";
import { OUTPUT_FORMATS, PLACE } from "./common-options.ts";

const { choice, duration, integer, numberFrom, rate, size, word } = valueTypes;
const { dims, dtype, streamId } = domainTypes;

const SIZING = options({
  rate: option(rate(), "HZ", "frames per second", { isRequired: true }),
  frame: option(size(1, 2 ** 31), "SIZE", "bytes of a frame, or:"),
  dims: option(dims(), "DIMS", "its shape"),
  dtype: option(dtype(), "DTYPE", "its element type", { default: "uint8" }),
  latency: option(duration(), "TIME", "longest time from a frame until its slowest reader is done with it", {
    default: "100ms",
  }),
  headroom: option(numberFrom(1, 64, 3), "N", "safety factor of the ring; 2 to 4", { default: "3" }),
  consumers: option(integer(0, 10_000), "N", "readers of each stream", { default: "1" }),
  streams: option(integer(1, 10_000), "N", "streams of this kind", { default: "1" }),
  keep: option(integer(0, 1000), "N", "ended epochs that the driver keeps (policies.epoch_gc_keep)", { default: "2" }),
  name: option(word("camera"), "NAME", "of profile and stream in the settings", { default: "camera" }),
  stream: option(streamId(), "ID", "id of the (first) stream in the settings", { default: "10000" }),
  shmDir: PLACE.shmDir,
  output: option(choice(...OUTPUT_FORMATS, "toml"), "FORMAT", "table, json, jsonl, or toml: only the settings", {
    short: "o",
    default: "table",
  }),
});
export type SizingValues = CommandValues<typeof SIZING>;

export const SIZING_COMMAND = command({
  name: "sizing",
  summary: "computes the slots that a stream needs, their size, and the pauses that they tolerate",
  usage: "--rate HZ --frame SIZE [options]",
  options: SIZING,
  examples: [
    "sizing --rate 30 --dims 1080x1920x3 --latency 200ms --consumers 3",
    "sizing --rate 10kHz --frame 64KiB --latency 20ms --headroom 4 -o toml",
  ],
  notes: async () =>
    [
      "slots = rate x latency x headroom, rounded up to a power of two. It reads only",
      "the free memory of --shm-dir. docs/OPERATIONAL_PLAYBOOK.md explains the figures.",
    ].join("\n"),
  load: () => import("../commands/sizing.ts"),
});
