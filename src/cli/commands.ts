import { valueTypes } from "../config/index.ts";
import { BENCH_COMMAND } from "./bench-command.ts";
import { decimate } from "./bridge-commands.ts";
import type { Command } from "./command.ts";
import { CONFIG_OPTION, OUTPUT_OPTION, PLACE_OPTIONS } from "./common-options.ts";
import { DRIVER_COMMANDS } from "./driver-commands.ts";
import type { OptionSpec } from "./option-spec.ts";
import { consumer, DATA_OPTIONS, producer } from "./role-commands.ts";
import { SIZING_COMMAND } from "./sizing-command.ts";
import { supervisor, WATCHING_COMMANDS } from "./supervision-commands.ts";
import { TOOL_COMMANDS } from "./tool-commands.ts";

const { choice, duration, rate, seconds, text } = valueTypes;

const mediaDriver: Command = {
  name: "media-driver",
  settings: { table: "media_driver", isArray: false },
  summary: "runs the Aeron media driver",
  options: [
    ...PLACE_OPTIONS,
    CONFIG_OPTION,
    {
      name: "threading",
      value: "MODE",
      type: choice("shared", "dedicated", "invoker"),
      help: "shared, dedicated or invoker",
      defaultText: "shared",
    },
    {
      name: "linger",
      value: "TIME",
      type: duration(),
      help: "end when no client was there for this long; 0: never",
      defaultText: "10s",
    },
  ],
  examples: ["media-driver --aeron-dir /dev/shm/my-aeron --linger 0"],
  load: () => import("./commands/media-driver.ts"),
};

/** A demo's places are its own: what is set for every role, or for the driver, does not move it. */
const DEMO_PLACES: readonly OptionSpec[] = PLACE_OPTIONS.map(({ key: _key, defaultText: _text, ...option }) => ({
  ...option,
  defaultText: "a folder of its own",
}));

const demo: Command = {
  name: "demo",
  settings: { table: "demo", isArray: false },
  summary: "a producer and two consumers, one of them slow on purpose, as processes of their own",
  options: [
    {
      name: "source",
      value: "SPEC",
      type: text("a source such as synthetic: or npy:FILE", "synthetic:"),
      help: "where frames come from, see below",
      defaultText: "synthetic:",
    },
    ...DATA_OPTIONS,
    { name: "rate", value: "HZ", type: rate(), help: "frames per second", defaultText: "the source's own, else 500" },
    {
      name: "seconds",
      short: "t",
      value: "S",
      type: seconds(),
      help: "how long frames are published, unless the source ends before",
      defaultText: "8",
    },
    ...DEMO_PLACES,
    CONFIG_OPTION,
    OUTPUT_OPTION,
  ],
  examples: ["demo", "demo --source synthetic:dtype=uint16,dims=1024x1024 --rate 200 --seconds 5", "demo -o jsonl"],
  notes: async () => `Sources\n${(await import("../io/index.ts")).SOURCE_HELP}`,
  load: () => import("./commands/demo.ts"),
};

const wire: Command = {
  name: "wire",
  summary: "translates messages of the wire between hexadecimal and JSON",
  usage: "encode|decode ...",
  options: [],
  examples: [],
  readsOwnArguments: true,
  load: () => import("./commands/wire.ts"),
};

const config: Command = {
  name: "config",
  summary: "writes, checks and shows settings: config init, config validate, config show",
  usage: "init|validate|show [options]",
  maxPositionals: 2,
  options: [
    CONFIG_OPTION,
    {
      name: "to",
      value: "FILE",
      help: "with init: write there; a file that is there stays as it is",
      settable: "flag",
    },
    {
      name: "use",
      value: "NAME",
      help: "with show: which tables, by name or stream; all if left out",
      settable: "flag",
    },
    ...PLACE_OPTIONS,
    OUTPUT_OPTION,
  ],
  examples: [
    "config init --to tensorpool.toml",
    "config validate tensorpool.toml",
    "config show --config tensorpool.toml -o json",
  ],
  notes: async () => (await import("./config/notes.ts")).CONFIG_NOTES,
  load: () => import("./commands/config.ts"),
};

const version: Command = {
  name: "version",
  summary: "prints the versions of tensorpool, Bun and Aeron",
  options: [OUTPUT_OPTION],
  examples: ["version -o json"],
  load: () => import("./commands/version.ts"),
};

const completion: Command = {
  name: "completion",
  summary: "prints the completion script of a shell, or what it offers as streams",
  usage: "bash|zsh|streams",
  maxPositionals: 1,
  options: PLACE_OPTIONS,
  examples: ["completion bash", "completion zsh"],
  notes: async () => (await import("./completion/notes.ts")).COMPLETION_NOTES,
  load: () => import("./commands/completion.ts"),
};

/** Every command, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [
  demo,
  producer,
  consumer,
  decimate,
  ...DRIVER_COMMANDS,
  supervisor,
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
