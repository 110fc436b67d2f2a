import { domainTypes, flag, option, options, valueTypes, withDefault } from "../config/index.ts";
import { type CommandValues, command } from "./command.ts";
import { ROLE } from "./common-options.ts";
import { PRODUCER } from "./role-commands.ts";

const { integer, rate } = valueTypes;
const { streamId } = domainTypes;

/** How a role that publishes another stream's frames does that. */
const OUTPUT_STREAM = options({
  flow: {
    ...withDefault(PRODUCER.flow, { otherwise: "the source's" }),
    help: "what to do when readers do not keep up: drop frames, or wait for them, and hold the source back if that waits as well",
  },
  waitTimeout: PRODUCER.waitTimeout,
  name: PRODUCER.name,
  summary: withDefault(PRODUCER.summary, { otherwise: "none" }),
  slots: withDefault(PRODUCER.slots, { otherwise: "those of the source" }),
  pool: withDefault(PRODUCER.pool, { otherwise: "those of the source" }),
  namespace: PRODUCER.namespace,
  share: PRODUCER.share,
  group: PRODUCER.group,
  requireHugepages: PRODUCER.requireHugepages,
  prefault: PRODUCER.prefault,
});
export type OutputStreamValues = CommandValues<typeof OUTPUT_STREAM>;

const DECIMATE = options({
  to: option(streamId(), "ID", "stream that the frames are published on", { isRequired: true }),
  every: option(integer(1, 0xffff, { example: 10 }), "N", "carry the frames whose seq is a multiple of N"),
  rate: option(rate(), "HZ", "carry at most so many frames a second"),
  latest: flag("carry the newest frame at each look, and skip the others"),
  once: flag("end with the source's stream (otherwise: wait for its next producer)"),
  ...OUTPUT_STREAM,
  ...ROLE,
});
export type DecimateValues = CommandValues<typeof DECIMATE>;

export const decimate = command({
  name: "decimate",
  settings: { table: "decimators", isArray: true },
  summary: "carries every Nth frame, or a limited rate of them, to a second stream of this host",
  options: DECIMATE,
  examples: [
    "decimate --standalone --to 10001 --every 10",
    "decimate --standalone --stream 7 --to 8 --rate 5",
    "decimate --standalone --to 10001 --latest --flow wait",
  ],
  asksForStreams: true,
  load: () => import("./commands/decimate.ts"),
});
