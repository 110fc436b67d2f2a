import type { GeneralKeyName } from "./general-keys.ts";
import type { ValueType } from "./value-type.ts";

/** Properties of a command's option, in addition to its name, type, placeholder and help. */
export interface OptionTraits {
  /** Its default, in the form of the command line. */
  readonly default?: string;
  /** The behaviour if it is not set, as text. */
  readonly otherwise?: string;
  /** The command requires it. */
  readonly isRequired?: true;
  /** One letter, without the dash. */
  readonly short?: string;
  /** May be given several times; the values are joined to one text, one on each line. */
  readonly isRepeatable?: boolean;
  /** A switch whose help describes `--no-<name>`. */
  readonly negatable?: boolean;
  /** The general key that also sets it, below everything that names the option itself. */
  readonly key?: GeneralKeyName;
  /** Values of the option for the key's values, if they differ. */
  readonly keyValues?: Readonly<Record<string, string>>;
  /** Its value is not shown. */
  readonly isSecret?: boolean;
  /** "flag": set on the command line only; "variable": also by environment, but not in a file. Left out: everywhere. */
  readonly settable?: "flag" | "variable";
}

/** One option of a command: its type with its bounds, its help, its default, and its other sources. */
export interface OptionSpec<T = unknown> extends OptionTraits {
  /** Without dashes, e.g. "aeron-dir". */
  readonly name: string;
  readonly type: ValueType<T>;
  /** Its placeholder in `--help`; without one, the option is a switch. */
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

/** All settings that files and the environment can contain. */
export interface SettingsSchema {
  readonly roles: readonly RoleSchema[];
  /** Flags with the same meaning for several roles; the roles' lists contain the same objects. */
  readonly common: readonly OptionSpec[];
}

/** The table of flags for all roles. */
export const COMMON_TABLE = "common";

/** The default of an option as text; undefined for a switch, whose help describes it. */
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
