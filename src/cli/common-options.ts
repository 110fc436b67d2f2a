import type { OptionSpec } from "./option-spec.ts";

export const OUTPUT_OPTION: OptionSpec = {
  name: "output",
  short: "o",
  value: "FORMAT",
  help: "table, json or jsonl",
  defaultText: "table",
};

/** What every command takes. */
export const GENERAL_OPTIONS: readonly OptionSpec[] = [
  { name: "log-level", value: "LEVEL", help: "debug, info, warn, error or off", defaultText: "info" },
  { name: "log-format", value: "FORMAT", help: "text or json, on standard error", defaultText: "text" },
  { name: "color", negatable: true, help: "colours on a terminal (--no-color, or NO_COLOR, for none)" },
  { name: "quiet", short: "q", help: "only warnings and errors on standard error, no summary" },
  { name: "help", short: "h", help: "print this text" },
];

/** Where Aeron and shared memory are. */
export const PLACE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "aeron-dir",
    value: "DIR",
    help: "folder of the media driver",
    defaultText: "AERON_DIR or /dev/shm/aeron-<user>",
  },
  {
    name: "shm-dir",
    value: "DIR",
    help: "folder of the regions",
    defaultText: "TENSORPOOL_SHM_BASE_DIR or /dev/shm/tensorpool",
  },
];

/** How a role runs. */
export const ROLE_OPTIONS: readonly OptionSpec[] = [
  ...PLACE_OPTIONS,
  { name: "standalone", help: "the producer owns the regions: no driver is asked" },
  {
    name: "media-driver",
    value: "HOW",
    help: "auto: started as a process of its own where none lives; embedded: in this process; external: never started",
    defaultText: "auto",
  },
  { name: "idle", value: "STRATEGY", help: "busy-spin, yield, backoff or sleep", defaultText: "backoff" },
  { name: "channel", value: "URI", help: "Aeron channel", defaultText: "aeron:ipc" },
  { name: "control-stream-id", value: "ID", help: "Aeron stream of announces and hellos", defaultText: "1000" },
  { name: "descriptor-stream-id", value: "ID", help: "Aeron stream of frame descriptors", defaultText: "1100" },
  { name: "qos-stream-id", value: "ID", help: "Aeron stream of QoS", defaultText: "1200" },
  { name: "metadata-stream-id", value: "ID", help: "Aeron stream of metadata", defaultText: "1300" },
  { name: "stream", value: "ID", help: "stream id of the data source, 1 to 4294967295", defaultText: "10000" },
  { name: "count", short: "n", value: "N", help: "end after N frames" },
  { name: "seconds", short: "t", value: "S", help: "end after S seconds (or 250ms, 2m)" },
  {
    name: "stats-interval",
    value: "S",
    help: "print statistics on standard output this often; 0: never",
    defaultText: "0",
  },
  { name: "fail-on-loss", help: "exit with 4 when a frame was lost" },
  OUTPUT_OPTION,
];
