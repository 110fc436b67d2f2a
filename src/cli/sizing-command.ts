import { valueTypes } from "../config/index.ts";
import { MAX_ID } from "../protocol/ids.ts";
import type { Command } from "./command.ts";
import { OUTPUT_OPTION, PLACE_OPTIONS } from "./common-options.ts";

const { choice, duration, integer, rate, size, text } = valueTypes;

export const SIZING_COMMAND: Command = {
  name: "sizing",
  summary: "how many slots a stream needs, how large, and what they tolerate",
  usage: "--rate HZ --frame SIZE [options]",
  options: [
    { name: "rate", value: "HZ", type: rate(), help: "frames per second" },
    { name: "frame", value: "SIZE", type: size(1, 2 ** 31), help: "bytes of a frame, or:" },
    { name: "dims", value: "DIMS", type: text("a shape such as 480x640", "480x640"), help: "its shape" },
    {
      name: "dtype",
      value: "DTYPE",
      type: text("an element type", "uint8"),
      help: "its element type",
      defaultText: "uint8",
    },
    {
      name: "latency",
      value: "TIME",
      type: duration(),
      help: "longest time from a frame until its slowest reader is done with it",
      defaultText: "100ms",
    },
    {
      name: "headroom",
      value: "N",
      type: text("a number from 1 to 64", "3"),
      help: "how many times that the ring holds; 2 to 4",
      defaultText: "3",
    },
    { name: "consumers", value: "N", type: integer(0, 10_000), help: "readers of each stream", defaultText: "1" },
    { name: "streams", value: "N", type: integer(1, 10_000), help: "streams of this kind", defaultText: "1" },
    {
      name: "keep",
      value: "N",
      type: integer(0, 1000),
      help: "ended epochs that the driver keeps (policies.epoch_gc_keep)",
      defaultText: "2",
    },
    {
      name: "name",
      value: "NAME",
      type: text("a name", "camera"),
      help: "of profile and stream in the settings",
      defaultText: "camera",
    },
    {
      name: "stream",
      value: "ID",
      type: integer(1, MAX_ID, { example: 10_000 }),
      help: "id of the (first) stream in the settings",
      defaultText: "10000",
    },
    ...PLACE_OPTIONS.filter(({ name }) => name === "shm-dir"),
    {
      ...OUTPUT_OPTION,
      type: choice("table", "json", "jsonl", "toml"),
      help: "table, json, jsonl, or toml: only the settings",
    },
  ],
  examples: [
    "sizing --rate 30 --dims 1080x1920x3 --latency 200ms --consumers 3",
    "sizing --rate 10kHz --frame 64KiB --latency 20ms --headroom 4 -o toml",
  ],
  notes: async () =>
    [
      "slots = rate x latency x headroom, rounded up to a power of two. Nothing is read",
      "but the free memory of --shm-dir. What the figures mean: docs/OPERATIONAL_PLAYBOOK.md.",
    ].join("\n"),
  load: () => import("./commands/sizing.ts"),
};
