import { asFlag, option, options, valueTypes } from "../config/index.ts";
import { BENCH_COMMAND } from "./specs/bench.ts";
import { bridge, decimate } from "./specs/bridge.ts";
import { type Command, type CommandValues, command } from "./specs/command.ts";
import { CONFIG, OUTPUT, PLACE } from "./specs/common-options.ts";
import { DRIVER_COMMANDS } from "./specs/driver.ts";
import { record } from "./specs/record.ts";
import { RECORDING_COMMANDS } from "./specs/recording.ts";
import { consumer, DATA, producer } from "./specs/roles.ts";
import { SIZING_COMMAND } from "./specs/sizing.ts";
import { supervisor, WATCHING_COMMANDS } from "./specs/supervision.ts";
import { TOOL_COMMANDS } from "./specs/tools.ts";
import { VIEW_COMMAND } from "./specs/view.ts";

const { choice, duration, path, rate, seconds, text } = valueTypes;

const MEDIA_DRIVER = options({
  ...PLACE,
  ...CONFIG,
  threading: option(choice("shared", "dedicated", "invoker"), "MODE", "shared, dedicated or invoker", {
    default: "shared",
  }),
  linger: option(duration(), "TIME", "end after this long without a client; 0: never", { default: "10s" }),
});
export type MediaDriverValues = CommandValues<typeof MEDIA_DRIVER>;

const mediaDriver = command({
  name: "media-driver",
  settings: { table: "media_driver", isArray: false },
  summary: "runs the Aeron media driver",
  options: MEDIA_DRIVER,
  examples: ["media-driver --aeron-dir /dev/shm/my-aeron --linger 0"],
  load: () => import("./commands/media-driver.ts"),
});

const DEMO = options({
  source: option(
    text("a source such as synthetic: or npy:FILE", "synthetic:"),
    "SPEC",
    "where frames come from, see below",
    {
      default: "synthetic:",
    },
  ),
  ...DATA,
  rate: option(rate(), "HZ", "frames per second", { otherwise: "the source's own, else 500" }),
  seconds: option(seconds(), "S", "how long to publish frames, unless the source ends earlier", {
    short: "t",
    default: "8",
  }),
  web: option(
    text("an address such as 9470 or 127.0.0.1:9470", "9470"),
    "ADDR",
    "also serve the page of `view` at this address; 0 is a free port",
    { otherwise: "no page" },
  ),
  // A demo has folders of its own: settings for all roles or for the driver do not change them.
  aeronDir: option(path(), "DIR", "folder of the media driver", { otherwise: "a folder of its own" }),
  shmDir: option(path(), "DIR", "folder of the regions", { otherwise: "a folder of its own" }),
  ...CONFIG,
  ...OUTPUT,
});
export type DemoValues = CommandValues<typeof DEMO>;

const demo = command({
  name: "demo",
  settings: { table: "demo", isArray: false },
  summary: "runs a producer and two consumers, one of them slow on purpose",
  options: DEMO,
  examples: ["demo", "demo --source synthetic:dtype=uint16,dims=1024x1024 --rate 200 --seconds 5", "demo -o jsonl"],
  notes: async () => `Sources\n${(await import("../io/index.ts")).sourceHelp(asFlag)}`,
  load: () => import("./commands/demo.ts"),
});

const wire = command({
  name: "wire",
  summary: "translates messages of the wire between hexadecimal and JSON",
  usage: "encode|decode ...",
  options: {},
  examples: [],
  readsOwnArguments: true,
  load: () => import("./commands/wire.ts"),
});

const CONFIG_COMMAND = options({
  ...CONFIG,
  to: option(path("tensorpool.toml"), "FILE", "with init: write this file; an existing file is not replaced", {
    settable: "flag",
  }),
  use: option(text("a name or a stream"), "NAME", "with show: which tables, by name or stream; all if left out", {
    settable: "flag",
  }),
  ...PLACE,
  ...OUTPUT,
});
export type ConfigValues = CommandValues<typeof CONFIG_COMMAND>;

const config = command({
  name: "config",
  summary: "writes, checks and shows settings: config init, config validate, config show",
  usage: "init|validate|show [options]",
  maxPositionals: 2,
  options: CONFIG_COMMAND,
  examples: [
    "config init --to tensorpool.toml",
    "config validate tensorpool.toml",
    "config show --config tensorpool.toml -o json",
  ],
  notes: async () => (await import("./config/notes.ts")).CONFIG_NOTES,
  load: () => import("./commands/config.ts"),
});

export type VersionValues = CommandValues<typeof OUTPUT>;

const version = command({
  name: "version",
  summary: "prints the versions of tensorpool, Bun and Aeron",
  options: OUTPUT,
  examples: ["version -o json"],
  load: () => import("./commands/version.ts"),
});

export type CompletionValues = CommandValues<typeof PLACE>;

const completion = command({
  name: "completion",
  summary: "prints the completion script for a shell, or the streams that it offers",
  usage: "bash|zsh|streams",
  maxPositionals: 1,
  options: PLACE,
  examples: ["completion bash", "completion zsh"],
  notes: async () => (await import("./completion/notes.ts")).COMPLETION_NOTES,
  load: () => import("./commands/completion.ts"),
});

/** Every command, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [
  demo,
  producer,
  consumer,
  record,
  decimate,
  bridge,
  ...RECORDING_COMMANDS,
  ...DRIVER_COMMANDS,
  supervisor,
  VIEW_COMMAND,
  mediaDriver,
  ...WATCHING_COMMANDS,
  ...TOOL_COMMANDS,
  SIZING_COMMAND,
  BENCH_COMMAND,
  config,
  wire,
  completion,
  version,
];
