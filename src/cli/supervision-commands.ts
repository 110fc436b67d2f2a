import { domainTypes, flag, option, options, ruleList, valueTypes } from "../config/index.ts";
import { EVENT_KINDS } from "../protocol/supervision/event-log.ts";
import { LIMITS } from "./check/limits.ts";
import { type Command, type CommandValues, command } from "./command.ts";
import { CHANNELS, CONFIG, END, LISTEN, OUTPUT, PLACE, ROLE } from "./common-options.ts";
import { FOXGLOVE } from "./supervision/foxglove-options.ts";
import { THRESHOLDS } from "./supervision/thresholds.ts";
import { TOP_ORDERS } from "./top/top-state.ts";

const { choice, duration, hostName, list, seconds, text, webAddress } = valueTypes;
const { count, dataSource, streamId } = domainTypes;

/** Where the messages are. */
const WATCH = options({ ...LISTEN, ...CONFIG });

const SUPERVISOR = options({
  http: option(
    text("an address such as 9464 or 127.0.0.1:9464", "127.0.0.1:9464"),
    "ADDR",
    "serve metrics, health and what is known there; a port alone is on the loopback",
    { otherwise: "off" },
  ),
  httpToken: option(
    text("a token", "secret"),
    "TOKEN",
    "who has it may steer consumers by HTTP (better as a variable: others see flags)",
    { isSecret: true, otherwise: "no request may" },
  ),
  httpHosts: option(
    list(hostName(), "host name"),
    "NAME[,NAME]",
    "further names under which the server is reached; * for any name",
    { otherwise: "those of its address" },
  ),
  ...FOXGLOVE,
  rules: option(ruleList(), "TOML", "what to do about consumers that lose frames, see below", {
    otherwise: "watch only",
  }),
  ...THRESHOLDS,
  ...PLACE,
  ...CONFIG,
  mediaDriver: ROLE.mediaDriver,
  idle: ROLE.idle,
  cpu: ROLE.cpu,
  sched: ROLE.sched,
  ...CHANNELS,
  ...END,
  statsInterval: ROLE.statsInterval,
  ...OUTPUT,
});
export type SupervisorValues = CommandValues<typeof SUPERVISOR>;

/** What tools take that watch as the supervisor does. */
const OBSERVE = options({ ...THRESHOLDS, ...WATCH });
export type ObserveValues = CommandValues<typeof OBSERVE>;

const TOP = options({
  sort: option(choice(...Object.values(TOP_ORDERS)), "WHAT", "id, name, frames/s, bytes/s, drops/s or lag", {
    default: "id",
  }),
  interval: option(seconds(), "S", "time between two pictures: seconds, or with a unit", { default: "1" }),
  once: flag("one reading as text, after 2.5 s, which rates need"),
  count: option(count(), "N", "end after N readings, as text", { short: "n" }),
  ...END,
  ...OBSERVE,
  ...OUTPUT,
});
export type TopValues = CommandValues<typeof TOP>;

const EVENTS = options({
  from: option(
    webAddress("the address of a supervisor such as http://127.0.0.1:9464", "http://127.0.0.1:9464"),
    "URL",
    "ask this supervisor's HTTP server for its events instead of watching",
  ),
  watch: flag("with --from: continue when those that are there are printed", { short: "w" }),
  kind: option(list(choice(...EVENT_KINDS), "kind"), "KIND[,KIND]", "only these, e.g. drops-above,producer-lost"),
  stream: option(streamId(), "ID", "only events of this stream"),
  count: option(count(), "N", "end after N events", { short: "n" }),
  ...END,
  ...OBSERVE,
  ...OUTPUT,
});
export type EventsValues = CommandValues<typeof EVENTS>;

export const CHECK_FORMATS = ["nagios", "prometheus", "json"] as const;

const CHECK = options({
  stream: option(
    list(dataSource(), "stream"),
    "STREAM[,STREAM]",
    "these have to be there, by id or name; only they are looked at",
  ),
  for: option(duration(), "TIME", "how long to listen", {
    otherwise: "a second more than --silence warns at, at least 3.5s",
  }),
  ...LIMITS,
  format: option(choice(...CHECK_FORMATS), "FORMAT", "nagios, prometheus or json", { default: "nagios" }),
  ...WATCH,
});
export type CheckValues = CommandValues<typeof CHECK>;

export const supervisor = command({
  name: "supervisor",
  settings: { table: "supervisor", isArray: false },
  summary: "watches every stream: who produces, who consumes, who loses frames and why; steers consumers by rules",
  options: SUPERVISOR,
  examples: [
    "supervisor",
    "supervisor --http 9464 --stats-interval 1",
    `supervisor --rules '{ drop_ratio_above = "0.1%", for = "5s", mode = "latest", restore_after = "30s" }'`,
  ],
  notes: async () => (await import("./supervision/notes.ts")).SUPERVISOR_NOTES,
  load: () => import("./commands/supervisor.ts"),
});

const top = command({
  name: "top",
  summary: "shows streams and consumers with their rates and losses, on the whole terminal",
  options: TOP,
  examples: ["top", "top --once", "top --sort drops/s -n 10 -o jsonl"],
  notes: async () => (await import("./supervision/notes.ts")).TOP_NOTES,
  load: () => import("./commands/top.ts"),
});

const events = command({
  name: "events",
  summary: "prints what happens: streams and consumers that come and go, epochs, losses, leases",
  options: EVENTS,
  examples: ["events", "events --kind producer-lost,drops-above -o jsonl", "events --from http://127.0.0.1:9464"],
  notes: async () => (await import("./supervision/notes.ts")).EVENTS_NOTES,
  load: () => import("./commands/events.ts"),
});

const check = command({
  name: "check",
  summary: "says in one line whether all is well, for Nagios, Kubernetes and cron",
  isPlugIn: true,
  options: CHECK,
  examples: ["check", "check --stream camera-1 --drops 1%,5% --for 4s", "check --format prometheus"],
  notes: async () => (await import("./supervision/notes.ts")).CHECK_NOTES,
  load: () => import("./commands/check.ts"),
});

/** Commands that watch as the supervisor does. */
export const WATCHING_COMMANDS: readonly Command[] = [top, events, check];
