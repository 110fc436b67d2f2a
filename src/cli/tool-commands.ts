import type { Command } from "./command.ts";
import { OUTPUT_OPTION } from "./common-options.ts";
import { MESSAGE_OPTIONS } from "./message-options.ts";
import { OBSERVE_COMMANDS } from "./observe-commands.ts";

const inspect: Command = {
  name: "inspect",
  summary: "shows what is in region files, and which rules they break",
  usage: "<file|folder|stream> [options]",
  maxPositionals: 1,
  options: [
    ...MESSAGE_OPTIONS.filter(({ name }) => name !== "idle"),
    { name: "slots", value: "N|all", help: "how many of the newest slots to list", defaultText: "10" },
    OUTPUT_OPTION,
  ],
  examples: ["inspect 10000", "inspect /dev/shm/tensorpool-jo --slots 0", "inspect 10000 --slots all -o json"],
  notes: async () =>
    [
      "Reads only: nothing is mapped, locked or written, and a stream under full load",
      "is not disturbed. A stream is found below --shm-dir by its id, by the name of its",
      "instance folder, or by its data source's name where a media driver can be asked. What a reader would refuse is named with the rule that",
      "it breaks, and the exit code is 1. It is 3 when nothing is there.",
    ].join("\n"),
  load: () => import("./commands/inspect.ts"),
};

const tap: Command = {
  name: "tap",
  summary: "prints every message of the protocol, decoded",
  options: [
    { name: "stream", value: "STREAM", help: "only messages of this stream, by its id or its data source's name" },
    { name: "client", value: "ID", help: "only messages of, or for, the consumer or producer with this id" },
    {
      name: "message",
      value: "NAME[,NAME]",
      help: "only these messages, on the Aeron streams that they belong on, e.g. QosConsumer",
    },
    { name: "kind", value: "KIND[,KIND]", help: "only these Aeron streams: control, descriptor, qos, metadata" },
    { name: "count", short: "n", value: "N", help: "end after N messages" },
    { name: "seconds", short: "t", value: "S", help: "end after S seconds (or 250ms, 2m)" },
    ...MESSAGE_OPTIONS,
    OUTPUT_OPTION,
  ],
  examples: ["tap", "tap --kind qos --stream 10000 --count 2", "tap --message FrameDescriptor --seconds 1 -o jsonl"],
  notes: async () =>
    [
      "Holds nobody up: what comes faster than it can be printed is dropped, and",
      "counted as missed where it was. Lines are cut to the width of the terminal; a",
      "pipe, or -o jsonl, has them whole. Sessions are shown in hexadecimal, as numbers",
      "in JSON. What cannot be decoded is shown as hexadecimal with the reason.",
      "Exit code 3: no media driver is there, or no message came.",
    ].join("\n"),
  load: () => import("./commands/tap.ts"),
};

const hello: Command = {
  name: "hello",
  summary: "says hello to a stream, and shows who answers",
  options: [
    { name: "stream", value: "STREAM", help: "id of the stream, or its data source's name", defaultText: "10000" },
    { name: "consumer-id", value: "ID", help: "who says it", defaultText: "drawn at random" },
    { name: "mode", value: "stream|latest|decimated", help: "what the consumer would read", defaultText: "stream" },
    { name: "max-rate", value: "HZ", help: "frames per second that it would take; 0: all", defaultText: "0" },
    { name: "use-shm", negatable: true, help: "it can read shared memory (--no-use-shm: it cannot)" },
    { name: "progress", help: "ask for progress of frames, and show the first that comes" },
    { name: "progress-interval", value: "TIME", help: "ask for progress no more often than this, e.g. 500us" },
    { name: "progress-bytes", value: "SIZE", help: "ask for progress each time that so many bytes are filled" },
    { name: "progress-rows", value: "N", help: "ask for progress each time that so many rows are filled" },
    { name: "timeout", value: "TIME", help: "how long to wait for answers", defaultText: "2s" },
    ...MESSAGE_OPTIONS,
    OUTPUT_OPTION,
  ],
  examples: ["hello", "hello --stream 10000 --mode latest --max-rate 30", "hello --timeout 500ms -o jsonl"],
  notes: async () => "Exit code 3: no media driver is there, or no process answered.",
  load: () => import("./commands/hello.ts"),
};

const consumerConfig: Command = {
  name: "consumer-config",
  summary: "tells a consumer how to read, and shows that it does",
  usage: "<stream> <consumer> --mode MODE [options]",
  maxPositionals: 2,
  options: [
    { name: "mode", value: "stream|latest|decimated", help: "how the consumer is to read; has to be given" },
    { name: "decimation", value: "N", help: "with --mode decimated: every Nth frame", defaultText: "1" },
    { name: "use-shm", negatable: true, help: "it is to read shared memory (--no-use-shm: its fallback)" },
    { name: "fallback", value: "URI", help: "aeron:... or bridge://<id>, for when shared memory cannot be used" },
    { name: "timeout", value: "TIME", help: "how long to wait for the consumer's next QoS", defaultText: "3s" },
    ...MESSAGE_OPTIONS,
    OUTPUT_OPTION,
  ],
  examples: [
    "consumer-config 10000 42 --mode latest",
    "consumer-config 10000 42 --mode decimated --decimation 10",
    "consumer-config 10000 42 --mode stream --no-use-shm --fallback aeron:ipc",
  ],
  notes: async () =>
    [
      "`tensorpool tap --message QosConsumer` shows the ids of the consumers that are",
      "there. Exit code 1: the consumer is there and goes on as before. 3: no media",
      "driver is there, or no such consumer answered.",
    ].join("\n"),
  load: () => import("./commands/consumer-config.ts"),
};

/** Commands that look at what others do, and speak to them. */
export const TOOL_COMMANDS: readonly Command[] = [...OBSERVE_COMMANDS, inspect, tap, hello, consumerConfig];
