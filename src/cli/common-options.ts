import { streamReference, valueTypes } from "../config/index.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../core/logger.ts";
import { MAX_ID } from "../protocol/ids.ts";
import type { OptionSpec } from "./option-spec.ts";

const { choice, duration, idleStrategy, integer, list, path, seconds, text } = valueTypes;
const MAX_AERON_STREAM_ID = 2 ** 31 - 1;
const aeronStreamId = (example: number) => integer(1, MAX_AERON_STREAM_ID, { example });

export const OUTPUT_OPTION: OptionSpec = {
  name: "output",
  short: "o",
  value: "FORMAT",
  type: choice("table", "json", "jsonl"),
  help: "table, json or jsonl",
  defaultText: "table",
};

/** What every command takes. */
export const GENERAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: "log-level",
    value: "LEVEL",
    type: choice(...LOG_LEVELS),
    help: "debug, info, warn, error or off",
    defaultText: "info",
  },
  {
    name: "log-format",
    value: "FORMAT",
    type: choice(...LOG_FORMATS),
    help: "text or json, on standard error",
    defaultText: "text",
  },
  { name: "color", negatable: true, help: "colours on a terminal (--no-color, or NO_COLOR, for none)" },
  { name: "quiet", short: "q", help: "only warnings and errors on standard error, no summary" },
  { name: "help", short: "h", help: "print this text", settable: "flag" },
];

/** Where Aeron and shared memory are. */
export const PLACE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "aeron-dir",
    value: "DIR",
    type: path(),
    key: "driver.aeron_dir",
    help: "folder of the media driver",
    defaultText: "AERON_DIR or /dev/shm/aeron-<user>",
  },
  {
    name: "shm-dir",
    value: "DIR",
    type: path(),
    key: "shm.base_dir",
    help: "folder of the regions",
    defaultText: "TENSORPOOL_SHM_BASE_DIR or /dev/shm/tensorpool-<user>",
  },
];

export const CONFIG_OPTION: OptionSpec = {
  name: "config",
  value: "FILE",
  type: path(),
  help: "settings, as `tensorpool config init` writes them; what stands here wins over the environment, that over the file",
  settable: "variable",
};

/** How a role runs. */
export const ROLE_OPTIONS: readonly OptionSpec[] = [
  ...PLACE_OPTIONS,
  CONFIG_OPTION,
  {
    name: "use",
    value: "NAME",
    help: "which of several tables of the file: by its name or stream",
    defaultText: "the only one",
    settable: "variable",
  },
  { name: "standalone", help: "the producer owns the regions: no driver is asked" },
  {
    name: "attach-timeout",
    value: "TIME",
    type: duration(),
    help: "end with 3 when no driver (with --standalone: no producer) was there for this long at the start; 0: no limit",
    defaultText: "no limit",
  },
  {
    name: "client-id",
    value: "ID",
    type: integer(1, MAX_ID),
    help: "who this is for the driver",
    defaultText: "drawn at random for each lease",
  },
  {
    name: "media-driver",
    value: "HOW",
    type: choice("auto", "embedded", "external"),
    help: "auto: started as a process of its own where none lives; embedded: in this process; external: never started",
    defaultText: "external: the driver brings one; with --standalone auto",
  },
  {
    name: "idle",
    value: "STRATEGY",
    type: idleStrategy(),
    help: "busy-spin, yield, backoff, sleep; backoff:DURATION rests no longer than that",
    defaultText: "backoff",
  },
  {
    name: "cpu",
    value: "LIST",
    type: text("CPUs such as 2, 0,2 or 1-3", "2"),
    help: "run the duty cycle on these CPUs only, e.g. 2 or 0,2-3",
    defaultText: "any",
  },
  {
    name: "sched",
    value: "fifo:N",
    type: text("fifo:N with a priority N from 1 to 99", "fifo:10"),
    help: "run it in real time, before all that are not (needs the right to)",
    defaultText: "as other processes",
  },
  {
    name: "channel",
    value: "URI",
    type: text("an Aeron channel", "aeron:ipc"),
    key: "driver.control_channel",
    help: "Aeron channel",
    defaultText: "aeron:ipc",
  },
  {
    name: "control-stream-id",
    value: "ID",
    type: aeronStreamId(1000),
    key: "driver.control_stream_id",
    help: "Aeron stream of announces and hellos",
    defaultText: "1000",
  },
  {
    name: "announce-stream-id",
    value: "ID",
    type: aeronStreamId(1000),
    key: "driver.announce_stream_id",
    help: "Aeron stream on which a driver announces regions",
    defaultText: "that of --control-stream-id",
  },
  {
    name: "descriptor-stream-id",
    value: "ID",
    type: list(aeronStreamId(1100), "Aeron stream id"),
    help: "Aeron stream of frame descriptors; supervisor, top, events, check and tap take several: 1100,1101",
    defaultText: "1100",
  },
  {
    name: "qos-stream-id",
    value: "ID",
    type: aeronStreamId(1200),
    key: "driver.qos_stream_id",
    help: "Aeron stream of QoS",
    defaultText: "1200",
  },
  {
    name: "metadata-stream-id",
    value: "ID",
    type: aeronStreamId(1300),
    help: "Aeron stream of metadata",
    defaultText: "1300",
  },
  {
    name: "stream",
    value: "ID",
    type: streamReference(),
    help: `stream id of the data source, 1 to ${MAX_ID}, or its name in [streams] of the file`,
    defaultText: "10000",
  },
  {
    name: "count",
    short: "n",
    value: "N",
    type: integer(1, Number.MAX_SAFE_INTEGER),
    help: "end after N frames; a producer counts frames of its source, dropped ones included",
  },
  { name: "seconds", short: "t", value: "S", type: seconds(), help: "end after S seconds (or 250ms, 2m)" },
  {
    name: "stats-interval",
    value: "S",
    type: seconds(),
    help: "print statistics on standard output this often; 0: never",
    defaultText: "0",
  },
  { name: "fail-on-loss", help: "exit with 4 when a frame was lost" },
  OUTPUT_OPTION,
];
