import { domainTypes, flag, option, options, valueTypes, withDefault } from "../../config/index.ts";
import { MESSAGE_KINDS } from "../../protocol/stream-ids.ts";
import { microseconds, numberOrAll } from "../tap/options.ts";
import { type Command, type CommandValues, command } from "./command.ts";
import { END, LISTEN, LISTEN_IDLE, OUTPUT } from "./common-options.ts";
import { OBSERVE_COMMANDS } from "./observe.ts";

const { anyCase, choice, duration, integer, list, size, text } = valueTypes;
const { clientId, count, dataSource, fallbackUri } = domainTypes;

/** Reading modes of a consumer (W-40). */
const MODES = ["stream", "latest", "decimated"] as const;
const MODE_NAMES = MODES.join("|");
/** The largest value of an optional u32 field. */
const MAX_FIELD = 0xffff_fffe;

const INSPECT = options({
  ...LISTEN,
  slots: option(numberOrAll(), "N|all", "how many of the newest slots to list", { default: "10" }),
  ...OUTPUT,
});
export type InspectValues = CommandValues<typeof INSPECT>;

const TAP = options({
  stream: option(dataSource(), "STREAM", "only messages of this stream, by its id or its data source's name"),
  client: option(clientId(), "ID", "only messages from or to the consumer or producer with this id"),
  message: option(
    list(text("the name of a message", "QosConsumer"), "message"),
    "NAME[,NAME]",
    "only these messages, e.g. QosConsumer",
  ),
  kind: option(
    list(anyCase(...MESSAGE_KINDS), "kind"),
    "KIND[,KIND]",
    "only these Aeron streams: control, descriptor, qos, metadata",
  ),
  count: option(count(), "N", "end after N messages", { short: "n" }),
  ...END,
  ...LISTEN_IDLE,
  idle: withDefault(LISTEN_IDLE.idle, { otherwise: "backoff" }),
  ...OUTPUT,
});
export type TapValues = CommandValues<typeof TAP>;

const HELLO = options({
  stream: option(dataSource(), "STREAM", "id of the stream, or its data source's name", { default: "10000" }),
  consumerId: option(clientId(), "ID", "id of the consumer that the hello names", { otherwise: "random" }),
  mode: option(choice(...MODES), MODE_NAMES, "mode of that consumer", { default: "stream" }),
  maxRate: option(integer(0, 0xffff), "HZ", "its limit in frames per second; 0: none", { default: "0" }),
  useShm: flag("it can read shared memory (--no-use-shm: it cannot)", { negatable: true, default: "true" }),
  progress: flag("ask for progress of frames, and show the first that comes"),
  progressInterval: option(microseconds(MAX_FIELD), "TIME", "ask for progress no more often than this, e.g. 500us"),
  progressBytes: option(size(0, MAX_FIELD), "SIZE", "ask for progress each time that this many bytes are filled"),
  progressRows: option(integer(0, MAX_FIELD), "N", "ask for progress each time that this many rows are filled"),
  timeout: option(duration(), "TIME", "how long to wait for answers", { default: "2s" }),
  ...LISTEN_IDLE,
  ...OUTPUT,
});
export type HelloValues = CommandValues<typeof HELLO>;

const CONSUMER_CONFIG = options({
  mode: option(choice(...MODES), MODE_NAMES, "new mode of the consumer; required", { isRequired: true }),
  decimation: option(integer(1, 0xffff, { example: 4 }), "N", "with --mode decimated: every Nth frame", {
    otherwise: "1",
  }),
  useShm: flag("read shared memory (--no-use-shm: read the fallback)", { negatable: true, default: "true" }),
  fallback: option(fallbackUri(), "URI", "aeron:... or bridge://<id>, to read without shared memory"),
  timeout: option(duration(), "TIME", "how long to wait for the consumer's next QoS", { default: "3s" }),
  ...LISTEN_IDLE,
  ...OUTPUT,
});
export type ConsumerConfigValues = CommandValues<typeof CONSUMER_CONFIG>;

const inspect = command({
  name: "inspect",
  summary: "shows the contents of region files, and the rules that they break",
  usage: "<file|folder|stream> [options]",
  maxPositionals: 1,
  options: INSPECT,
  examples: ["inspect 10000", "inspect /dev/shm/tensorpool-jo --slots 0", "inspect 10000 --slots all -o json"],
  notes: async () =>
    [
      "Reads only: nothing is mapped, locked or written, and a stream under full load",
      "is not disturbed. A stream is found below --shm-dir by its id, by the name of its",
      "instance folder, or by its data source's name where a media driver can be asked. What a reader would refuse is named with the rule that",
      "it breaks, and the exit code is 1. It is 3 if nothing was found.",
    ].join("\n"),
  load: () => import("../commands/inspect.ts"),
});

const tap = command({
  name: "tap",
  summary: "prints every message of the protocol, decoded",
  options: TAP,
  examples: ["tap", "tap --kind qos --stream 10000 --count 2", "tap --message FrameDescriptor --seconds 1 -o jsonl"],
  notes: async () =>
    [
      "Delays no publisher: messages that come faster than they can be printed are dropped, and",
      "counted as missed in their place. Lines are cut to the width of the terminal; a",
      "pipe, or -o jsonl, has them whole. Sessions are shown in hexadecimal, as numbers",
      "in JSON. Messages that cannot be decoded are shown as hexadecimal with the reason.",
      "Exit code 3: no media driver was found, or no message came.",
    ].join("\n"),
  load: () => import("../commands/tap.ts"),
});

const hello = command({
  name: "hello",
  summary: "sends the hello of a consumer to a stream, and shows the answers",
  options: HELLO,
  examples: ["hello", "hello --stream 10000 --mode latest --max-rate 30", "hello --timeout 500ms -o jsonl"],
  notes: async () => "Exit code 3: no media driver is there, or no process answered.",
  load: () => import("../commands/hello.ts"),
});

const consumerConfig = command({
  name: "consumer-config",
  summary: "sets how a consumer reads, and shows that it follows",
  usage: "<stream> <consumer> --mode MODE [options]",
  maxPositionals: 2,
  options: CONSUMER_CONFIG,
  examples: [
    "consumer-config 10000 42 --mode latest",
    "consumer-config 10000 42 --mode decimated --decimation 10",
    "consumer-config 10000 42 --mode stream --no-use-shm --fallback aeron:ipc",
  ],
  notes: async () =>
    [
      "`tensorpool tap --message QosConsumer` shows the ids of the consumers that",
      "exist. Exit code 1: the consumer exists and continues as before. 3: no media",
      "driver was found, or no such consumer answered.",
    ].join("\n"),
  load: () => import("../commands/consumer-config.ts"),
});

/** Commands that observe other processes or send them messages. */
export const TOOL_COMMANDS: readonly Command[] = [...OBSERVE_COMMANDS, inspect, tap, hello, consumerConfig];
