import {
  domainTypes,
  flag,
  option,
  options,
  placementTypes,
  streamReference,
  type ValuesOf,
  valueTypes,
} from "../../config/index.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../../core/logger.ts";
import { MAX_ID } from "../../protocol/ids.ts";

const { aeronChannel, aeronStreamId, clientId, count } = domainTypes;
const { cpuList, realTimePriority } = placementTypes;
const { choice, duration, idleStrategy, list, path, seconds, text } = valueTypes;

export const OUTPUT_FORMATS = ["table", "json", "jsonl"] as const;

/** Options for the format of results. */
export const OUTPUT = options({
  output: option(choice(...OUTPUT_FORMATS), "FORMAT", "table, json or jsonl", { short: "o", default: "table" }),
});

/** Options of every command. */
export const GENERAL = options({
  logLevel: option(choice(...LOG_LEVELS), "LEVEL", "debug, info, warn, error or off", { otherwise: "info" }),
  logFormat: option(choice(...LOG_FORMATS), "FORMAT", "text or json, on standard error", { otherwise: "text" }),
  color: flag("colours on a terminal (--no-color, or NO_COLOR, for none)", { negatable: true, default: "true" }),
  quiet: flag("only warnings and errors on standard error, no summary", { short: "q" }),
  help: flag("print this text", { short: "h", settable: "flag" }),
});

/** Options for the folders of Aeron and of shared memory. */
export const PLACE = options({
  aeronDir: option(path(), "DIR", "folder of the media driver", {
    key: "driver.aeron_dir",
    otherwise: "AERON_DIR or /dev/shm/aeron-<user>",
  }),
  shmDir: option(path(), "DIR", "folder of the regions", {
    key: "shm.base_dir",
    otherwise: "TENSORPOOL_SHM_BASE_DIR or /dev/shm/tensorpool-<user>",
  }),
});
export type PlaceValues = ValuesOf<typeof PLACE>;

/** The option for the settings file. */
export const CONFIG = options({
  config: option(
    path(),
    "FILE",
    "settings file, as `tensorpool config init` writes it; flags override the environment, which overrides the file",
    { settable: "variable" },
  ),
});

/** The option for a process's idle strategy. */
export const IDLE = options({
  idle: option(idleStrategy(), "STRATEGY", "busy-spin, yield, backoff, park, sleep; backoff:DURATION rests no longer", {
    default: "backoff",
  }),
});

/** Options for the channel and stream ids of messages. */
export const CHANNELS = options({
  channel: option(aeronChannel(), "URI", "Aeron channel", { key: "driver.control_channel", default: "aeron:ipc" }),
  controlStreamId: option(aeronStreamId(1000), "ID", "Aeron stream of announces and hellos", {
    key: "driver.control_stream_id",
    default: "1000",
  }),
  announceStreamId: option(aeronStreamId(1000), "ID", "Aeron stream on which a driver announces regions", {
    key: "driver.announce_stream_id",
    otherwise: "that of --control-stream-id",
  }),
  descriptorStreamId: option(
    list(aeronStreamId(1100), "Aeron stream id"),
    "ID",
    "Aeron stream of frame descriptors; supervisor, top, events, check and tap take several: 1100,1101",
    { default: "1100" },
  ),
  qosStreamId: option(aeronStreamId(1200), "ID", "Aeron stream of QoS", {
    key: "driver.qos_stream_id",
    default: "1200",
  }),
  metadataStreamId: option(aeronStreamId(1300), "ID", "Aeron stream of metadata", { default: "1300" }),
});
export type ChannelValues = ValuesOf<typeof CHANNELS>;

/** Options that end a command by itself. */
export const END = options({
  seconds: option(seconds(), "S", "end after S seconds (or 250ms, 2m)", { short: "t" }),
});

/** Options of every role. */
export const ROLE = options({
  ...PLACE,
  ...CONFIG,
  use: option(text(), "NAME", "which of several tables of the file, by name or stream", {
    otherwise: "the only one",
    settable: "variable",
  }),
  standalone: flag("without a driver: the producer owns the regions"),
  attachTimeout: option(
    duration(),
    "TIME",
    "exit with 3 if no driver (with --standalone: no producer) is found in this time at the start; 0: no limit",
    { otherwise: "no limit" },
  ),
  clientId: option(clientId(), "ID", "id of this client", { otherwise: "random for each lease" }),
  mediaDriver: option(
    choice("auto", "embedded", "external"),
    "HOW",
    "auto: a separate process, unless one is alive; embedded: in this process; external: never started",
    { otherwise: "external, because the driver runs one; with --standalone auto" },
  ),
  ...IDLE,
  cpu: option(cpuList(), "LIST", "run the duty cycle on these CPUs only, e.g. 2 or 0,2-3", {
    otherwise: "any",
  }),
  sched: option(
    realTimePriority(),
    "fifo:N",
    "run it with real-time priority (needs CAP_SYS_NICE or an rtprio limit)",
    {
      otherwise: "as other processes",
    },
  ),
  ...CHANNELS,
  stream: option(
    streamReference(),
    "ID",
    `stream id of the data source, 1 to ${MAX_ID}, or its name in [streams] of the file`,
    { default: "10000" },
  ),
  count: option(count(), "N", "end after N frames; a producer also counts dropped ones", {
    short: "n",
  }),
  ...END,
  statsInterval: option(seconds(), "S", "print statistics on standard output this often; 0: never", { default: "0" }),
  failOnLoss: flag("exit with 4 when a frame was lost"),
  ...OUTPUT,
});
export type RoleValues = ValuesOf<typeof ROLE> & ValuesOf<typeof GENERAL>;

/**
 * Places of streams and messages, for tools that only receive and send messages: they never start a media driver. All take --shm-dir, so
 * that the same places can be passed to every command of a session.
 */
export const LISTEN = options({ ...PLACE, ...CHANNELS });
export type ListenValues = ValuesOf<typeof LISTEN>;

/** The same, with an idle strategy, for tools that wait. */
export const LISTEN_IDLE = options({ ...PLACE, ...IDLE, ...CHANNELS });
