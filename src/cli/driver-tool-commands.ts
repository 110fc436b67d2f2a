import type { Command } from "./command.ts";
import { CONFIG_OPTION, OUTPUT_OPTION } from "./common-options.ts";
import { MESSAGE_OPTIONS } from "./message-options.ts";
import type { OptionSpec } from "./option-spec.ts";

/** Where the driver is, for tools that look at it or speak to it. */
const DRIVER_PLACE: readonly OptionSpec[] = [...MESSAGE_OPTIONS.filter(({ name }) => name !== "idle"), CONFIG_OPTION];

const NOTHING_THERE = "Exit code 3: no media driver, no driver or no such stream is there.";

const ls: Command = {
  name: "ls",
  summary: "lists drivers, streams with their rates, and leases",
  options: [...DRIVER_PLACE, OUTPUT_OPTION],
  examples: ["ls", "ls -o json", "ls --aeron-dir /dev/shm/my-aeron -o jsonl"],
  notes: async () =>
    [
      "Reads the counters in the media driver's file; nobody is asked, but producers without",
      "a driver for the names of their streams. Rates are those of half a second. dropped:",
      "frames that the producer could not publish. lost: frames that consumers lost, all",
      "together; `info STREAM` says by which cause. A driver is dead when its locks are free;",
      "silent, when it lives and does not work (a debugger, SIGSTOP).",
      NOTHING_THERE,
    ].join("\n"),
  load: () => import("./commands/ls.ts"),
};

const info: Command = {
  name: "info",
  summary: "shows everything of one stream: regions, leases, producer, consumers, counters",
  usage: "<stream> [options]",
  maxPositionals: 1,
  options: [...DRIVER_PLACE, OUTPUT_OPTION],
  examples: ["info 10000", "info camera-1 -o json"],
  notes: async () =>
    [
      "STREAM is the id of a stream, or the name that its driver or its data source has",
      "for it. Counters that are 0 are shown in JSON only.",
      NOTHING_THERE,
    ].join("\n"),
  load: () => import("./commands/info.ts"),
};

/** What looks at drivers, and speaks to them. */
export const DRIVER_TOOL_COMMANDS: readonly Command[] = [ls, info];
