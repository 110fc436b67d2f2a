import { valueTypes } from "../config/index.ts";
import { MAX_ID } from "../protocol/ids.ts";
import { OUTPUT_OPTIONS } from "./bridge/output-options.ts";
import type { Command } from "./command.ts";
import { ROLE_OPTIONS } from "./common-options.ts";

const { integer, rate } = valueTypes;

export const decimate: Command = {
  name: "decimate",
  settings: { table: "decimators", isArray: true },
  summary: "carries every Nth frame, or a limited rate of them, to a second stream of this host",
  options: [
    {
      name: "to",
      value: "ID",
      type: integer(1, MAX_ID, { example: 10_001 }),
      help: "stream that the frames are published on",
    },
    {
      name: "every",
      value: "N",
      type: integer(1, 0xffff, { example: 10 }),
      help: "carry the frames whose seq is a multiple of N",
    },
    { name: "rate", value: "HZ", type: rate(), help: "carry at most so many frames a second" },
    { name: "latest", help: "carry the newest frame at each look, and skip the others" },
    { name: "once", help: "end with the source's stream (otherwise: wait for its next producer)" },
    ...OUTPUT_OPTIONS,
    ...ROLE_OPTIONS,
  ],
  examples: [
    "decimate --standalone --to 10001 --every 10",
    "decimate --standalone --stream 7 --to 8 --rate 5",
    "decimate --standalone --to 10001 --latest --flow wait",
  ],
  asksForStreams: true,
  load: () => import("./commands/decimate.ts"),
};
