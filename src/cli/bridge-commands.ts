import { bridgeTypes, domainTypes, flag, option, options, valueTypes, withDefault } from "../config/index.ts";
import { type CommandValues, command } from "./command.ts";
import { ROLE } from "./common-options.ts";
import { PRODUCER } from "./role-commands.ts";

const { choice, integer, list, rate, size, text } = valueTypes;
const { streamId } = domainTypes;
const { bridgeEndpoint, streamRoute } = bridgeTypes;

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

/** Options of every role, but those of one stream: a bridge has several, and ends by itself only with --once. */
const { stream: _stream, count: _count, ...ROLE_OF_MANY } = ROLE;

const BRIDGE = options({
  stream: option(
    list(streamRoute(), "stream"),
    "ID[,ID]",
    "send: the streams; receive: those of the sender that are taken, A=B on stream B",
    { otherwise: "send: 10000; receive: every stream, with the id that it has" },
  ),
  to: option(
    list(bridgeEndpoint(), "receiver"),
    "HOST:PORT[,..]",
    "send: the receivers, as HOST:PORT or an Aeron channel; each has a connection of its own",
  ),
  from: option(
    bridgeEndpoint(),
    "ADDRESS:PORT",
    "receive: the address and port of this host where frames arrive, or an Aeron channel",
  ),
  mode: option(
    choice("latest", "lossless"),
    "latest|lossless",
    "send: drop whole frames that find no room (live), or have the source wait for it (files)",
    { default: "latest" },
  ),
  decimation: option(integer(1, 0xffff, { example: 2 }), "N", "send: only the frames whose seq is a multiple of N", {
    default: "1",
  }),
  maxRate: option(rate(), "HZ", "send: at most so many frames a second", { otherwise: "no limit" }),
  once: flag("send: end with the source's stream"),
  peer: option(
    list(text("an IP address", "192.0.2.1"), "address"),
    "ADDRESS[,..]",
    "receive: the hosts that may send, by IP address",
    { otherwise: "all that can reach this one" },
  ),
  maxMemory: option(
    size(4096, 2 ** 40),
    "SIZE",
    "receive: most memory for the regions of a stream that has the sender's layout",
    { default: "1GiB" },
  ),
  ...OUTPUT_STREAM,
  ...ROLE_OF_MANY,
});
export type BridgeValues = CommandValues<typeof BRIDGE>;

export const bridge = command({
  name: "bridge",
  summary: "sends frames of streams to another host over Aeron UDP, or receives them",
  usage: "send|receive",
  maxPositionals: 2,
  options: BRIDGE,
  examples: [
    "bridge receive --standalone --from 127.0.0.1:4400 --stream 10000=10001",
    "bridge send --standalone --to 127.0.0.1:4400",
  ],
  load: () => import("./commands/bridge.ts"),
});
