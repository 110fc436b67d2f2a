import type { GeneralKeyName } from "./general-keys.ts";
import { text, toggle, type ValueType } from "./value-type.ts";

/** A flag of a command, as something that can be set elsewhere too. */
export interface FlagSetting {
  /** Without dashes, e.g. "aeron-dir". */
  readonly name: string;
  /** What follows it in `--help`; without it, the flag is a switch. */
  readonly value?: string;
  readonly help: string;
  readonly defaultText?: string;
  /** Left out: any text, or for a switch true and false. */
  readonly type?: ValueType;
  /** The general key that sets it too, below everything that names the flag itself. */
  readonly key?: GeneralKeyName;
  /** What the key's values mean for the flag, where they are written differently. */
  readonly keyValues?: Readonly<Record<string, string>>;
  /** Its value is not shown. */
  readonly isSecret?: boolean;
  /** "flag": set on the command line alone; "variable": by environment as well, but not in a file. Left out: everywhere. */
  readonly settable?: "flag" | "variable";
}

/** A command whose flags can be set in a file and by environment. */
export interface RoleSchema {
  /** The command, e.g. "media-driver". */
  readonly name: string;
  /** The table in the file, e.g. "producers". */
  readonly table: string;
  /** True for an array of tables, of which a process uses one. */
  readonly isArray: boolean;
  readonly flags: readonly FlagSetting[];
}

/** All that a file and the environment can say. */
export interface SettingsSchema {
  readonly roles: readonly RoleSchema[];
  /** Flags that mean the same for several roles; the same objects stand in the roles' lists. */
  readonly common: readonly FlagSetting[];
}

/** The table of flags that hold for every role. */
export const COMMON_TABLE = "common";

export function typeOf(flag: FlagSetting): ValueType {
  return flag.type ?? (flag.value === undefined ? toggle() : text());
}

/** The name of a flag as a key: `_` for `-`. */
export function keyOfFlag(name: string): string {
  return name.replaceAll("-", "_");
}

export function flagsInFile(flags: readonly FlagSetting[]): readonly FlagSetting[] {
  return flags.filter(({ settable }) => settable === undefined);
}

export function flagsInEnvironment(flags: readonly FlagSetting[]): readonly FlagSetting[] {
  return flags.filter(({ settable }) => settable !== "flag");
}
