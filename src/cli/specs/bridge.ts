import {
  bridgeTypes,
  domainTypes,
  flag,
  type OptionSet,
  type OptionSpec,
  option,
  options,
  streamReference,
  valueTypes,
  withDefault,
} from "../../config/index.ts";
import { type Command, type CommandValues, command } from "./command.ts";
import { ROLE } from "./common-options.ts";
import { PRODUCER } from "./roles.ts";

const { choice, integer, list, rate, size, text } = valueTypes;
const { streamId } = domainTypes;
const { bridgeEndpoint, streamRoute } = bridgeTypes;

/** How a role publishes the frames of another stream. */
const OUTPUT_STREAM = options({
  flow: {
    ...withDefault(PRODUCER.flow, { otherwise: "the source's" }),
    help: "when readers do not keep up: drop frames, or wait for the readers, which also delays a source that waits",
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
  rate: option(rate(), "HZ", "carry at most this many frames per second"),
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
  load: () => import("../commands/decimate.ts"),
});

/** Options of every role, except those of a single stream: a bridge has several streams, and ends by itself only with --once. */
const { stream: _stream, count: _count, ...ROLE_OF_MANY } = ROLE;

const BRIDGE_SEND = options({
  stream: option(list(streamReference(), "stream"), "STREAM[,..]", "streams to send, by id or by name", {
    default: "10000",
    isRepeatable: true,
  }),
  to: option(
    list(bridgeEndpoint(), "receiver"),
    "HOST:PORT[,..]",
    "the receivers, as HOST:PORT or an Aeron channel, each with its own connection",
    { isRequired: true, isRepeatable: true },
  ),
  mode: option(
    choice("latest", "lossless"),
    "latest|lossless",
    "without room: drop whole frames (live), or make the source wait (files)",
    { default: "latest" },
  ),
  decimation: option(integer(1, 0xffff, { example: 2 }), "N", "only the frames whose seq is a multiple of N", {
    default: "1",
  }),
  maxRate: option(rate(), "HZ", "at most this many frames per second", { otherwise: "no limit" }),
  checksum: flag("add a checksum of the values (CRC-32) to each frame, which the receiver verifies"),
  once: flag("end with the streams of the sources"),
  ...ROLE_OF_MANY,
});
export type BridgeSendValues = CommandValues<typeof BRIDGE_SEND>;

const BRIDGE_RECEIVE = options({
  from: option(bridgeEndpoint(), "ADDRESS:PORT", "address and port of this host, or an Aeron channel", {
    isRequired: true,
  }),
  stream: option(
    list(streamRoute(), "stream"),
    "ID[=ID][,..]",
    "streams of the senders that are taken; A=B: stream A on stream B of this host",
    { otherwise: "every stream, with the id that it has", isRepeatable: true },
  ),
  peer: option(
    list(text("an IP address", "192.0.2.1"), "address"),
    "ADDRESS[,..]",
    "IP addresses of hosts that may send",
    { otherwise: "all", isRepeatable: true },
  ),
  maxMemory: option(size(4096, 2 ** 40), "SIZE", "most memory for a stream's regions that follow the sender's layout", {
    default: "1GiB",
  }),
  ...OUTPUT_STREAM,
  ...ROLE_OF_MANY,
});
export type BridgeReceiveValues = CommandValues<typeof BRIDGE_RECEIVE>;

const SEND_EXAMPLE = "bridge send --standalone --to 127.0.0.1:4400";
const RECEIVE_EXAMPLE = "bridge receive --standalone --from 127.0.0.1:4400 --stream 10000=10001";

/** Each direction is a command of two words and a role of its own. */
const DIRECTIONS: readonly Command[] = [
  command({
    name: "bridge send",
    settings: { table: "bridge_senders", isArray: true },
    summary: "sends frames of streams to receivers on other hosts over Aeron UDP",
    options: BRIDGE_SEND,
    examples: [
      SEND_EXAMPLE,
      "bridge send --standalone --stream 10000,10002 --to 127.0.0.1:4400,127.0.0.1:4401",
      "bridge send --standalone --to 127.0.0.1:4400 --mode lossless --once",
    ],
    asksForStreams: true,
    load: () => import("../bridge/send.ts"),
  }),
  command({
    name: "bridge receive",
    settings: { table: "bridge_receivers", isArray: true },
    summary: "receives frames of senders on other hosts, and publishes them on streams of this host",
    options: BRIDGE_RECEIVE,
    examples: [RECEIVE_EXAMPLE, "bridge receive --standalone --from 127.0.0.1:4400 --stream 10000=10001,10002=10003"],
    load: () => import("../bridge/receive.ts"),
  }),
];

export const bridge = command({
  name: "bridge",
  summary: "sends frames of streams to another host over Aeron UDP, or receives them",
  usage: "send|receive [options]",
  maxPositionals: Number.POSITIVE_INFINITY,
  options: optionsOfEither(),
  verbs: DIRECTIONS,
  examples: [RECEIVE_EXAMPLE, SEND_EXAMPLE],
  load: () => import("../commands/bridge.ts"),
});

/** For help and completion of both directions: an option of only one of them names it. Nothing is required before the verb is known. */
function optionsOfEither(): OptionSet {
  const named = (verb: string, set: OptionSet, beside: OptionSet): [string, OptionSpec][] =>
    Object.entries(set).map(([key, spec]) => {
      if (beside[key] === spec) return [key, spec];
      const { isRequired: _isRequired, ...rest } = spec;
      return [key, { ...rest, help: `${verb}: ${spec.help}` }];
    });
  return Object.fromEntries([
    ...named("receive", BRIDGE_RECEIVE, BRIDGE_SEND),
    ...named("send", BRIDGE_SEND, BRIDGE_RECEIVE),
  ]);
}
