import type { OptionSpec } from "../../config/index.ts";
import type { Command } from "../specs/command.ts";
import { GENERAL } from "../specs/common-options.ts";

/** An option, as far as a shell needs it for completion. */
export interface ShellOption {
  /** The forms of the option: "--output", "-o", "--no-color". */
  readonly flags: readonly string[];
  readonly help: string;
  /** The option's value; null for a switch. */
  readonly value: ShellValue | null;
}

/** The suggested words for a value, and whether files are suggested. */
export interface ShellValue {
  /** As in `--help`, e.g. "FORMAT". */
  readonly name: string;
  readonly words: readonly string[];
  readonly isFile: boolean;
  /** The shell completes the ids and names of existing streams. */
  readonly isStream: boolean;
}

export interface ShellCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly ShellOption[];
  /** Positional arguments. */
  readonly positional: ShellValue;
}

/** Words for values that the table of options does not list, by option name. */
export type KnownWords = Readonly<Record<string, readonly string[]>>;

const WORD = "[a-z][a-z0-9-]*";
const CHOICES = new RegExp(`^${WORD}(?:\\|${WORD})*$`);
const PATHS = /^(?:DIR|FILE|PATH)\b/;

/** The table of commands in the form that a shell needs, with `help` as a command. */
export function shellCommands(commands: readonly Command[], known: KnownWords): ShellCommand[] {
  const names = commands.map(({ name }) => name);
  const help: ShellCommand = {
    name: "help",
    summary: "prints what a command is for",
    options: [],
    positional: { name: "command", words: names, isFile: false, isStream: false },
  };
  return [...commands.map((command) => shellCommand(command, known)), help];
}

function shellCommand(command: Command, known: KnownWords): ShellCommand {
  const general = command.readsOwnArguments === true ? [GENERAL.help] : Object.values(GENERAL);
  return {
    name: command.name,
    summary: command.summary,
    options: [...command.options, ...general].flatMap((spec) => shellOptions(spec, known)),
    positional: positionalOf(command.usage ?? ""),
  };
}

function shellOptions(spec: OptionSpec, known: KnownWords): ShellOption[] {
  const { name, short, help } = spec;
  const flags = short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
  const option: ShellOption = {
    flags,
    help,
    value: spec.value === undefined ? null : valueFor(spec, spec.value, known),
  };
  return spec.negatable === true ? [option, { flags: [`--no-${name}`], help, value: null }] : [option];
}

function valueFor({ name, type }: OptionSpec, value: string, known: KnownWords): ShellValue {
  const fromType = /^one of (.*)$/.exec(type.expected)?.[1]?.split(", ");
  const fromName = CHOICES.test(value) ? value.split("|") : [];
  const words = known[name] ?? fromType ?? fromName;
  return { name: value, words, isFile: PATHS.test(value), isStream: name === "stream" };
}

/** The positional of a usage line such as "init|validate|show [options]" or "<file|folder|stream> [options]". */
function positionalOf(usage: string): ShellValue {
  const first = usage.split(" ")[0] ?? "";
  const name = first.replace(/[<>]/g, "");
  return {
    name: name === "" || name.startsWith("[") ? "argument" : name,
    words: CHOICES.test(first) ? first.split("|") : [],
    // A verb such as `config validate` takes a file after it.
    isFile: /\bfile\b/i.test(first) || /\bvalidate\b/.test(usage),
    isStream: /\bstream\b/.test(usage),
  };
}
