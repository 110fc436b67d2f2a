import { domainTypes, flag, idRange, option, options, valueTypes, withDefault } from "../../config/index.ts";
import { type Command, type CommandValues, command } from "./command.ts";
import { CHANNELS, CONFIG, IDLE, OUTPUT, PLACE, ROLE } from "./common-options.ts";
import { DRIVER_TOOL_COMMANDS } from "./driver-tools.ts";

const { choice, list } = valueTypes;
const { folderName, slots, streamId, strides } = domainTypes;

const DRIVER = options({
  ...PLACE,
  ...CONFIG,
  stream: option(list(streamId(), "stream id"), "ID[,ID]", "streams to serve, in addition to [streams] of the file"),
  dynamic: option(idRange(), "FIRST-LAST", "create streams with these ids when a producer requests one"),
  slots: option(slots(), "N", "slots of the rings of --stream and --dynamic, a power of two", {
    otherwise: "those of the default profile, else 64",
  }),
  pool: option(strides(), "STRIDE[,STRIDE]", "slot sizes of their pools, powers of two, e.g. 64KiB,1MiB", {
    otherwise: "those of the default profile, else 1MiB",
  }),
  instanceId: option(folderName("driver-01"), "NAME", "name of the driver in logs and folders", {
    key: "driver.instance_id",
    default: "driver-01",
  }),
  namespace: option(folderName("default"), "NAME", "folder under --shm-dir", {
    key: "shm.namespace",
    default: "default",
  }),
  mediaDriver: option(
    choice("embedded", "external"),
    "HOW",
    "embedded: in this process, unless one is alive; external: never started",
    { key: "driver.media_driver", default: "embedded" },
  ),
  threading: option(
    choice("shared", "dedicated", "invoker"),
    "MODE",
    "threads of the embedded media driver: shared, dedicated, or invoker (in the driver's duty cycle)",
    { key: "driver.threading", default: "shared" },
  ),
  idle: withDefault(IDLE.idle, { otherwise: "sleep; backoff with --threading invoker" }),
  channel: CHANNELS.channel,
  controlStreamId: CHANNELS.controlStreamId,
  announceStreamId: CHANNELS.announceStreamId,
});
export type DriverValues = CommandValues<typeof DRIVER>;

const driver = command({
  name: "driver",
  summary: "owns the regions of all streams, and gives leases on them to producers and consumers",
  options: DRIVER,
  examples: [
    "driver --stream 10000 --slots 64 --pool 1MiB",
    "driver --dynamic 20000-20999 --pool 64KiB,4MiB",
    "driver --config tensorpool.toml",
  ],
  notes: async () =>
    [
      "Producers and consumers attach by themselves: start them in any order,",
      "without --standalone. Streams with different layouts, time-outs, rights and",
      "the retention of epochs are settings of a file: `tensorpool config init`.",
      "",
      "Ends with Ctrl-C or SIGTERM: clients are notified, and the regions are removed.",
    ].join("\n"),
  load: () => import("../commands/driver.ts"),
});

const RUN = options({
  ...CONFIG,
  driver: flag("run the driver of [streams] (--no-driver: another process runs it)", {
    negatable: true,
    default: "true",
  }),
  idle: { ...IDLE.idle, settable: "flag" },
  seconds: { ...ROLE.seconds, settable: "flag" },
  output: { ...OUTPUT.output, settable: "flag" },
});
export type RunValues = CommandValues<typeof RUN>;

const run = command({
  name: "run",
  summary: "runs all roles of a file in one process: driver, supervisor, producers, consumers",
  options: RUN,
  examples: ["run --config tensorpool.toml", "run --config tensorpool.toml --no-driver --seconds 10 -o jsonl"],
  notes: async () =>
    [
      "[streams.NAME], or policies.allow_dynamic_streams, stand for a driver, each [[producers]],",
      "[[consumers]], [[decimators]], [[recorders]], [[bridge_senders]] and [[bridge_receivers]] for one of",
      "these, [supervisor] for a supervisor; each with its own settings, as its own process would have",
      "them. All share a thread and a media driver: a busy role delays the others.",
      "",
      "A producer or consumer that is done ends alone. The process ends with the last of them,",
      "unless a driver or a supervisor is part of it, and with Ctrl-C: in order, all of them.",
    ].join("\n"),
  load: () => import("../commands/run.ts"),
});

/** The driver, and the commands that communicate with one. */
export const DRIVER_COMMANDS: readonly Command[] = [driver, run, ...DRIVER_TOOL_COMMANDS];
