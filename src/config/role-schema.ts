import type { GeneralKeyName } from "./general-keys.ts";
import type { ValueType } from "./value-type.ts";

/** What an option of a command says beside its name, its type, its placeholder and its help. */
export interface OptionTraits {
  /** Its value where nothing sets it, as the command line would say it. */
  readonly default?: string;
  /** What holds where nothing sets it, in words. */
  readonly otherwise?: string;
  /** The command does not run without it. */
  readonly isRequired?: true;
  /** One letter, without the dash. */
  readonly short?: string;
  /** May be given several times; the values stand on lines of their own in one text. */
  readonly isRepeatable?: boolean;
  /** A switch whose help describes `--no-<name>`. */
  readonly negatable?: boolean;
  /** The general key that sets it too, below everything that names the option itself. */
  readonly key?: GeneralKeyName;
  /** What the key's values mean for the option, where they are different. */
  readonly keyValues?: Readonly<Record<string, string>>;
  /** Its value is not shown. */
  readonly isSecret?: boolean;
  /** "flag": set on the command line alone; "variable": by environment as well, but not in a file. Left out: everywhere. */
  readonly settable?: "flag" | "variable";
}

/** One option of a command: its type with its bounds, its help, its default, and what else sets it. */
export interface OptionSpec<T = unknown> extends OptionTraits {
  /** Without dashes, e.g. "aeron-dir". */
  readonly name: string;
  readonly type: ValueType<T>;
  /** What follows it in `--help`; without it, the option is a switch. */
  readonly value?: string;
  readonly help: string;
}

/** A command whose flags can be set in a file and by environment. */
export interface RoleSchema {
  /** The command, e.g. "media-driver". */
  readonly name: string;
  /** The table in the file, e.g. "producers". */
  readonly table: string;
  /** True for an array of tables, of which a process uses one. */
  readonly isArray: boolean;
  readonly flags: readonly OptionSpec[];
}

/** All that a file and the environment can say. */
export interface SettingsSchema {
  readonly roles: readonly RoleSchema[];
  /** Flags that mean the same for several roles; the same objects stand in the roles' lists. */
  readonly common: readonly OptionSpec[];
}

/** The table of flags that hold for every role. */
export const COMMON_TABLE = "common";

/** What holds where nothing sets an option, for people; undefined for a switch, whose help says it. */
export function defaultTextOf({ value, default: text, otherwise }: OptionSpec): string | undefined {
  return value === undefined ? undefined : (otherwise ?? text);
}

/** The name of a flag as a key: `_` for `-`. */
export function keyOfFlag(name: string): string {
  return name.replaceAll("-", "_");
}

export function flagsInFile(flags: readonly OptionSpec[]): readonly OptionSpec[] {
  return flags.filter(({ settable }) => settable === undefined);
}

export function flagsInEnvironment(flags: readonly OptionSpec[]): readonly OptionSpec[] {
  return flags.filter(({ settable }) => settable !== "flag");
}
