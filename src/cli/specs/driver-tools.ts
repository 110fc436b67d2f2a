import { domainTypes, flag, option, options, valueTypes, withDefault } from "../../config/index.ts";
import { type Command, type CommandValues, command } from "./command.ts";
import { CONFIG, LISTEN, OUTPUT, PLACE } from "./common-options.ts";

const { asciiText, choice, duration, token } = valueTypes;
const { clientId } = domainTypes;

/** The driver's places, for tools that inspect it or send it messages. */
const LOOK = options({ ...LISTEN, ...CONFIG, ...OUTPUT });
export type LookValues = CommandValues<typeof LOOK>;

const NOTHING_THERE = "Exit code 3: no media driver, no driver or no such stream was found.";

const ls = command({
  name: "ls",
  summary: "lists drivers, streams with their rates, and leases",
  options: LOOK,
  examples: ["ls", "ls -o json", "ls --aeron-dir /dev/shm/my-aeron -o jsonl"],
  notes: async () =>
    [
      "Reads the counters in the media driver's file, and asks only producers without",
      "a driver for the names of their streams. Rates cover half a second. dropped:",
      "frames that the producer could not publish. lost: frames that consumers lost, all",
      "together; `info STREAM` has the causes. A driver is dead if its locks are free;",
      "silent, if it lives and does not work (a debugger, SIGSTOP).",
      NOTHING_THERE,
    ].join("\n"),
  load: () => import("../commands/ls.ts"),
});

const info = command({
  name: "info",
  summary: "shows everything of one stream: regions, leases, producer, consumers, counters",
  usage: "<stream> [options]",
  maxPositionals: 1,
  options: LOOK,
  examples: ["info 10000", "info camera-1 -o json"],
  notes: async () =>
    [
      "STREAM is the id of a stream, or the name that its driver or its data source has",
      "for it. Counters that are 0 are shown in JSON only.",
      NOTHING_THERE,
    ].join("\n"),
  load: () => import("../commands/info.ts"),
});

const LEASE_ROLE = option(choice("producer", "consumer"), "producer|consumer", "role of the lease's holder");

const TOKEN = options({
  token: option(
    token(),
    "TOKEN",
    "token of administrative requests (better in a file or a variable: other users see flags)",
    { key: "policies.shutdown_token", otherwise: "policies.shutdown_token of --config, or POLICIES_SHUTDOWN_TOKEN" },
  ),
});

const ATTACH = options({
  role: { ...withDefault(LEASE_ROLE, { default: "consumer" }), help: "role of the lease" },
  once: flag("give the lease back at once"),
  clientId: option(clientId(), "ID", "id of this client", { otherwise: "random" }),
  attachTimeout: option(duration(), "TIME", "longest wait for the answer; 0: no limit", {
    otherwise: "5s if a driver is seen, else 700ms",
  }),
  ...LOOK,
});
export type AttachValues = CommandValues<typeof ATTACH>;

/** Identifies a lease, for tools that send messages in its holder's name. */
const NAMED_LEASE = options({ role: { ...LEASE_ROLE, isRequired: true }, ...LOOK });
export type NamedLeaseValues = CommandValues<typeof NAMED_LEASE>;

const ADMIN = options({ ...TOKEN, ...LOOK });
export type AdminValues = CommandValues<typeof ADMIN>;

const SHUTDOWN = options({
  ...TOKEN,
  why: option(asciiText("maintenance", 512), "TEXT", "reason for the logs of the driver and its clients"),
  timeout: option(duration(), "TIME", "longest wait for its end", { default: "10s" }),
  ...LOOK,
});
export type ShutdownValues = CommandValues<typeof SHUTDOWN>;

const GC = options({ dryRun: flag("only list files to remove, with the reason"), ...PLACE, ...CONFIG, ...OUTPUT });
export type GcValues = CommandValues<typeof GC>;

const attach = command({
  name: "attach",
  summary: "requests a lease from a driver, shows it, and holds it until Ctrl-C",
  usage: "<stream> [options]",
  maxPositionals: 1,
  options: ATTACH,
  examples: ["attach 10000 --once", "attach camera-1 --role consumer", "attach 10000 --role producer --once -o json"],
  notes: async () =>
    [
      "Nothing is mapped. A lease that ends (revoked, the driver was restarted) is requested",
      "again, and shown again. While it holds a producer's lease, no producer can attach.",
      "Exit code 1: the driver refuses. 3: no media driver, no driver or no such stream.",
    ].join("\n"),
  load: () => import("../commands/attach.ts"),
});

const LEASE_USAGE = "<stream> <lease> <client> --role ROLE [options]";

const detach = command({
  name: "detach",
  summary: "ends a lease on behalf of its holder",
  usage: LEASE_USAGE,
  maxPositionals: 3,
  options: NAMED_LEASE,
  examples: ["detach 10000 3452629199349815198 42 --role consumer"],
  notes: async () =>
    [
      "`tensorpool lease ls` shows the numbers. A living holder requests another lease.",
      "Exit code 1: another client holds the lease. 3: it is not live, or no driver answered.",
    ].join("\n"),
  load: () => import("../commands/detach.ts"),
});

const keepalive = command({
  name: "keepalive",
  summary: "sends one keepalive of a lease, and shows whether it extended it",
  usage: LEASE_USAGE,
  maxPositionals: 3,
  options: NAMED_LEASE,
  examples: ["keepalive 10000 3452629199349815198 42 --role consumer"],
  notes: async () =>
    [
      "No message answers a keepalive: the lease's counter shows its end.",
      "Exit code 1: the lease was not extended. 3: no such lease, or no media driver.",
    ].join("\n"),
  load: () => import("../commands/keepalive.ts"),
});

const lease = command({
  name: "lease",
  summary: "lists leases, and revokes them: lease ls [STREAM], lease revoke LEASE",
  usage: "ls|revoke [stream|lease] [options]",
  maxPositionals: 3,
  options: ADMIN,
  examples: ["lease ls", "lease ls 10000 -o json", "lease revoke 3452629199349815198 --config tensorpool.toml"],
  notes: async () =>
    [
      "revoke needs the driver's token (policies.shutdown_token in its settings). A living holder requests another lease.",
      "Exit code 1: refused. 3: no such lease, no driver or no media driver.",
    ].join("\n"),
  load: () => import("../commands/lease.ts"),
});

const shutdown = command({
  name: "shutdown",
  summary: "shuts the driver down gracefully, and waits until it has ended",
  options: SHUTDOWN,
  examples: ["shutdown --config tensorpool.toml", 'shutdown --token secret --why "new disks"'],
  notes: async () =>
    [
      "Needs a driver with a token (policies.shutdown_token).",
      "Exit code 1: the token is wrong, or the driver has not ended in time. 3: no driver answered.",
    ].join("\n"),
  load: () => import("../commands/shutdown.ts"),
});

const gc = command({
  name: "gc",
  summary: "removes leftovers of dead processes from shared memory; nothing that is in use",
  options: GC,
  examples: ["gc --dry-run", "gc", "gc --shm-dir /dev/shm/my-regions -o json"],
  notes: async () =>
    [
      "Searches below --shm-dir, and the folder of --aeron-dir alone; without --aeron-dir also the",
      "Aeron folders beside the default one. Removes files that locks prove unused: owners, and",
      "processes that have a region mapped, hold locks on it, in any container. A pid, an age or an",
      "old heartbeat proves nothing, and folders of other users stay. Exit code 0, also if nothing",
      "is left.",
    ].join("\n"),
  load: () => import("../commands/gc.ts"),
});

/** Commands that inspect drivers or send them messages. */
export const DRIVER_TOOL_COMMANDS: readonly Command[] = [ls, info, attach, detach, keepalive, lease, shutdown, gc];
