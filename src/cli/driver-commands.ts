import { valueTypes } from "../config/index.ts";
import { MAX_ID } from "../protocol/ids.ts";
import { MAX_NSLOTS } from "../shm/announcement.ts";
import type { Command } from "./command.ts";
import { CONFIG_OPTION, PLACE_OPTIONS, ROLE_OPTIONS } from "./common-options.ts";
import { DRIVER_TOOL_COMMANDS } from "./driver-tool-commands.ts";
import type { OptionSpec } from "./option-spec.ts";

const { choice, integer, list, size, text } = valueTypes;

const LISTENING: readonly OptionSpec[] = ROLE_OPTIONS.filter(({ name }) =>
  ["idle", "channel", "control-stream-id", "announce-stream-id"].includes(name),
).map((option) =>
  option.name === "idle" ? { ...option, defaultText: "sleep; backoff with --threading invoker" } : option,
);

const driver: Command = {
  name: "driver",
  summary: "owns the regions of all streams, and gives leases on them to producers and consumers",
  options: [
    ...PLACE_OPTIONS,
    CONFIG_OPTION,
    {
      name: "stream",
      value: "ID[,ID]",
      type: list(integer(1, MAX_ID, { example: 10_000 }), "stream id"),
      help: "streams to serve, beside those of [streams] in the file",
    },
    {
      name: "dynamic",
      value: "FIRST-LAST",
      type: text("a range of stream ids such as 20000-29999", "20000-29999"),
      help: "make streams with these ids when a producer asks for one",
    },
    {
      name: "slots",
      value: "N",
      type: integer(1, MAX_NSLOTS, { powerOfTwo: true, example: 64 }),
      help: "slots of the rings of --stream and --dynamic, a power of two",
      defaultText: "those of the default profile, else 64",
    },
    {
      name: "pool",
      value: "STRIDE[,STRIDE]",
      type: list(size(4096, 2 ** 31, { powerOfTwo: true }), "stride"),
      help: "slot sizes of their pools, powers of two, e.g. 64KiB,1MiB",
      defaultText: "those of the default profile, else 1MiB",
    },
    {
      name: "instance-id",
      value: "NAME",
      type: text("a name for a folder", "driver-01"),
      key: "driver.instance_id",
      help: "name of the driver in logs and folders",
      defaultText: "driver-01",
    },
    {
      name: "namespace",
      value: "NAME",
      type: text("a name for a folder", "default"),
      key: "shm.namespace",
      help: "folder under --shm-dir",
      defaultText: "default",
    },
    {
      name: "media-driver",
      value: "HOW",
      type: choice("embedded", "external"),
      key: "driver.media_driver",
      help: "embedded: in this process, unless one lives already; external: never started",
      defaultText: "embedded",
    },
    {
      name: "threading",
      value: "MODE",
      type: choice("shared", "dedicated", "invoker"),
      key: "driver.threading",
      help: "of the embedded media driver: threads of its own (shared, dedicated), or this duty cycle (invoker)",
      defaultText: "shared",
    },
    ...LISTENING,
  ],
  examples: [
    "driver --stream 10000 --slots 64 --pool 1MiB",
    "driver --dynamic 20000-20999 --pool 64KiB,4MiB",
    "driver --config tensorpool.toml",
  ],
  notes: async () =>
    [
      "Producers and consumers attach to it by themselves: start them in any order,",
      "without --standalone. Streams with layouts of their own, time-outs, rights and",
      "what becomes of ended epochs stand in a file: `tensorpool config init`.",
      "",
      "Ends with Ctrl-C or SIGTERM: clients are told, and the regions are removed.",
    ].join("\n"),
  load: () => import("./commands/driver.ts"),
};

const run: Command = {
  name: "run",
  summary: "runs all roles of a file in one process: driver, supervisor, producers, consumers",
  options: [
    CONFIG_OPTION,
    { name: "driver", negatable: true, help: "run the driver of [streams] (--no-driver: another process does)" },
    ...ROLE_OPTIONS.filter(({ name }) => ["idle", "seconds", "output"].includes(name)).map((option) => ({
      ...option,
      settable: "flag" as const,
    })),
  ],
  examples: ["run --config tensorpool.toml", "run --config tensorpool.toml --no-driver --seconds 10 -o jsonl"],
  notes: async () =>
    [
      "[streams.NAME], or policies.allow_dynamic_streams, stand for a driver, each [[producers]]",
      "[[consumers]] and [[decimators]] for one of these, [supervisor] for a supervisor; each with its own",
      "settings, as its own process would have them. All share a thread and a media driver: one",
      "that is busy holds up the others.",
      "",
      "A producer or consumer that is done ends alone. The process ends with the last of them,",
      "unless a driver or a supervisor is part of it, and with Ctrl-C: in order, all of them.",
    ].join("\n"),
  load: () => import("./commands/run.ts"),
};

/** The driver, and what speaks to one. */
export const DRIVER_COMMANDS: readonly Command[] = [driver, run, ...DRIVER_TOOL_COMMANDS];
