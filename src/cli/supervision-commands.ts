import { ruleList, valueTypes } from "../config/index.ts";
import { LIMIT_OPTIONS } from "./check/limits.ts";
import type { Command } from "./command.ts";
import { CONFIG_OPTION, OUTPUT_OPTION, ROLE_OPTIONS } from "./common-options.ts";
import { MESSAGE_OPTIONS } from "./message-options.ts";
import type { OptionSpec } from "./option-spec.ts";
import { THRESHOLD_OPTIONS } from "./supervision/thresholds.ts";

const { hostName, list, text } = valueTypes;

/** A role's options that concern frames and regions are not a supervisor's. */
const NOT_OF_SUPERVISORS = ["standalone", "stream", "count", "fail-on-loss", "use", "client-id", "attach-timeout"];

/** Where the messages are. */
const LISTENING: readonly OptionSpec[] = [...MESSAGE_OPTIONS.filter(({ name }) => name !== "idle"), CONFIG_OPTION];

export const supervisor: Command = {
  name: "supervisor",
  settings: { table: "supervisor", isArray: false },
  summary: "watches every stream: who produces, who consumes, who loses frames and why; steers consumers by rules",
  options: [
    {
      name: "http",
      value: "ADDR",
      type: text("an address such as 9464 or 127.0.0.1:9464", "127.0.0.1:9464"),
      help: "serve metrics, health and what is known there; a port alone is on the loopback",
      defaultText: "off",
    },
    {
      name: "http-token",
      value: "TOKEN",
      type: text("a token", "secret"),
      isSecret: true,
      help: "who has it may steer consumers by HTTP (better as a variable: others see flags)",
      defaultText: "no request may",
    },
    {
      name: "http-hosts",
      value: "NAME[,NAME]",
      type: list(hostName(), "host name"),
      help: "further names under which the server is reached; * for any name",
      defaultText: "those of its address",
    },
    {
      name: "rules",
      value: "TOML",
      type: ruleList(),
      help: "what to do about consumers that lose frames, see below",
      defaultText: "watch only",
    },
    ...THRESHOLD_OPTIONS,
    ...ROLE_OPTIONS.filter(({ name }) => !NOT_OF_SUPERVISORS.includes(name)),
  ],
  examples: [
    "supervisor",
    "supervisor --http 9464 --stats-interval 1",
    `supervisor --rules '{ drop_ratio_above = "0.1%", for = "5s", mode = "latest", restore_after = "30s" }'`,
  ],
  notes: async () => (await import("./supervision/notes.ts")).SUPERVISOR_NOTES,
  load: () => import("./commands/supervisor.ts"),
};

const top: Command = {
  name: "top",
  summary: "shows streams and consumers with their rates and losses, on the whole terminal",
  options: [
    { name: "sort", value: "WHAT", help: "id, name, frames/s, bytes/s, drops/s or lag", defaultText: "id" },
    { name: "interval", value: "S", help: "time between two pictures: seconds, or with a unit", defaultText: "1" },
    { name: "once", help: "one reading as text, after 2.5 s, which rates need" },
    { name: "count", short: "n", value: "N", help: "end after N readings, as text" },
    { name: "seconds", short: "t", value: "S", help: "end after S seconds (or 250ms, 2m)" },
    ...THRESHOLD_OPTIONS,
    ...LISTENING,
    OUTPUT_OPTION,
  ],
  examples: ["top", "top --once", "top --sort drops/s -n 10 -o jsonl"],
  notes: async () => (await import("./supervision/notes.ts")).TOP_NOTES,
  load: () => import("./commands/top.ts"),
};

const events: Command = {
  name: "events",
  summary: "prints what happens: streams and consumers that come and go, epochs, losses, leases",
  options: [
    { name: "from", value: "URL", help: "ask this supervisor's HTTP server for its events instead of watching" },
    { name: "watch", short: "w", help: "with --from: go on when those that are there are printed" },
    { name: "kind", value: "KIND[,KIND]", help: "only these, e.g. drops-above,producer-lost" },
    { name: "stream", value: "ID", help: "only events of this stream" },
    { name: "count", short: "n", value: "N", help: "end after N events" },
    { name: "seconds", short: "t", value: "S", help: "end after S seconds (or 250ms, 2m)" },
    ...THRESHOLD_OPTIONS,
    ...LISTENING,
    OUTPUT_OPTION,
  ],
  examples: ["events", "events --kind producer-lost,drops-above -o jsonl", "events --from http://127.0.0.1:9464"],
  notes: async () => (await import("./supervision/notes.ts")).EVENTS_NOTES,
  load: () => import("./commands/events.ts"),
};

const check: Command = {
  name: "check",
  summary: "says in one line whether all is well, for Nagios, Kubernetes and cron",
  isPlugIn: true,
  options: [
    {
      name: "stream",
      value: "STREAM[,STREAM]",
      help: "these have to be there, by id or name; only they are looked at",
    },
    {
      name: "for",
      value: "TIME",
      help: "how long to listen",
      defaultText: "a second more than --silence warns at, at least 3.5s",
    },
    ...LIMIT_OPTIONS,
    { name: "format", value: "FORMAT", help: "nagios, prometheus or json", defaultText: "nagios" },
    ...LISTENING,
  ],
  examples: ["check", "check --stream camera-1 --drops 1%,5% --for 4s", "check --format prometheus"],
  notes: async () => (await import("./supervision/notes.ts")).CHECK_NOTES,
  load: () => import("./commands/check.ts"),
};

/** Commands that watch as the supervisor does. */
export const WATCHING_COMMANDS: readonly Command[] = [top, events, check];
