import type { OptionSpec } from "../option-spec.ts";
import { producer } from "../role-commands.ts";

/** Options of a producer that a role which publishes another stream's frames has as well. */
const SHARED = [
  "flow",
  "wait-timeout",
  "name",
  "summary",
  "slots",
  "pool",
  "namespace",
  "share",
  "group",
  "require-hugepages",
  "prefault",
];
/** What is left out where the source says it. */
const DEFAULTS: Readonly<Record<string, string>> = {
  flow: "the source's",
  slots: "those of the source",
  pool: "those of the source",
  summary: "none",
};
const HELP: Readonly<Record<string, string>> = {
  flow: "what to do when readers do not keep up: drop frames, or wait for them, and hold the source back if that waits as well",
};

export const OUTPUT_OPTIONS: readonly OptionSpec[] = producer.options
  .filter(({ name }) => SHARED.includes(name))
  .map((option) => ({
    ...option,
    ...(DEFAULTS[option.name] === undefined ? {} : { defaultText: DEFAULTS[option.name] as string }),
    ...(HELP[option.name] === undefined ? {} : { help: HELP[option.name] as string }),
  }));
