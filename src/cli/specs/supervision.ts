import { domainTypes, flag, option, options, ruleList, valueTypes } from "../../config/index.ts";
import { EVENT_KINDS } from "../../supervision/model/event-log.ts";
import { LIMITS } from "../check/limits.ts";
import { FOXGLOVE } from "../supervision/foxglove-options.ts";
import { THRESHOLDS } from "../supervision/thresholds.ts";
import { TOP_ORDERS } from "../top/top-state.ts";
import { type Command, type CommandValues, command } from "./command.ts";
import { CHANNELS, CONFIG, END, LISTEN, OUTPUT, PLACE, ROLE } from "./common-options.ts";

const { choice, duration, hostName, list, seconds, text, webAddress } = valueTypes;
const { count, dataSource, streamId } = domainTypes;

/** Places of the messages. */
const WATCH = options({ ...LISTEN, ...CONFIG });

const SUPERVISOR = options({
  http: option(
    text("an address such as 9464 or 127.0.0.1:9464", "127.0.0.1:9464"),
    "ADDR",
    "serve metrics, health and the API at this address; a port alone is on the loopback",
    { otherwise: "off" },
  ),
  httpToken: option(
    text("a token", "secret"),
    "TOKEN",
    "token for steering consumers by HTTP (better as a variable: other users see flags)",
    { isSecret: true, otherwise: "no steering" },
  ),
  httpHosts: option(list(hostName(), "host name"), "NAME[,NAME]", "further host names of the server; * for any name", {
    otherwise: "those of its address",
  }),
  ...FOXGLOVE,
  rules: option(ruleList(), "TOML", "rules for consumers that lose frames, see below", {
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

/** Options of tools that observe streams like the supervisor. */
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
    "read the events of this supervisor's HTTP server instead of watching",
  ),
  watch: flag("with --from: wait for further events", { short: "w" }),
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
  stream: option(list(dataSource(), "stream"), "STREAM[,STREAM]", "check only these, by id or name; each must exist"),
  for: option(duration(), "TIME", "how long to listen", {
    otherwise: "a second longer than the warning limit of --silence, at least 3.5s",
  }),
  ...LIMITS,
  format: option(choice(...CHECK_FORMATS), "FORMAT", "nagios, prometheus or json", { default: "nagios" }),
  ...WATCH,
});
export type CheckValues = CommandValues<typeof CHECK>;

export const supervisor = command({
  name: "supervisor",
  settings: { table: "supervisor", isArray: false },
  summary: "watches producers, consumers and losses of every stream; steers consumers by rules",
  options: SUPERVISOR,
  examples: [
    "supervisor",
    "supervisor --http 9464 --stats-interval 1",
    `supervisor --rules '{ drop_ratio_above = "0.1%", for = "5s", mode = "latest", restore_after = "30s" }'`,
  ],
  notes: async () => (await import("../supervision/notes.ts")).SUPERVISOR_NOTES,
  load: () => import("../commands/supervisor.ts"),
});

const top = command({
  name: "top",
  summary: "shows streams and consumers with their rates and losses, on the whole terminal",
  options: TOP,
  examples: ["top", "top --once", "top --sort drops/s -n 10 -o jsonl"],
  notes: async () => (await import("../supervision/notes.ts")).TOP_NOTES,
  load: () => import("../commands/top.ts"),
});

const events = command({
  name: "events",
  summary: "prints events: streams, consumers, epochs, losses, leases",
  options: EVENTS,
  examples: ["events", "events --kind producer-lost,drops-above -o jsonl", "events --from http://127.0.0.1:9464"],
  notes: async () => (await import("../supervision/notes.ts")).EVENTS_NOTES,
  load: () => import("../commands/events.ts"),
});

const check = command({
  name: "check",
  summary: "checks streams and memory, and prints one line for Nagios, Kubernetes and cron",
  isPlugIn: true,
  options: CHECK,
  examples: ["check", "check --stream camera-1 --drops 1%,5% --for 4s", "check --format prometheus"],
  notes: async () => (await import("../supervision/notes.ts")).CHECK_NOTES,
  load: () => import("../commands/check.ts"),
});

/** Commands that observe streams like the supervisor. */
export const WATCHING_COMMANDS: readonly Command[] = [top, events, check];
