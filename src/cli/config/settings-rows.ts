import {
  DEFAULT_ORIGIN,
  defaultTextOf,
  describePlace,
  type Environment,
  GENERAL_KEY_NAMES,
  GENERAL_KEYS,
  type GivenValues,
  keyOfFlag,
  type OptionSpec,
  type Origin,
  type RoleSchema,
  type RoleTable,
  resolveRole,
  type Sourced,
  withNamedStream,
} from "../../config/index.ts";
import type { ReadSettings } from "./read-settings.ts";

/** One value and its origin. */
export interface SettingRow {
  /** The key as written in a file, e.g. `shm.base_dir` or `producers[0].rate`. */
  readonly key: string;
  /** Null if the value is not set and has no fixed default. */
  readonly value: unknown;
  /** Describes the default in words if `value` is null. */
  readonly otherwise: string | null;
  readonly origin: string;
}

const HIDDEN = "(set, not shown)";

/** The values of the general keys, of profiles and of streams. */
export function generalRows({ general }: ReadSettings): SettingRow[] {
  const rows = GENERAL_KEY_NAMES.map((key): SettingRow => {
    const { defaultText, ...setting } = GENERAL_KEYS[key];
    const value = general.written(key);
    const isHidden = "isSecret" in setting && value !== null;
    const otherwise = value === null ? defaultText : null;
    return { key, value: isHidden ? HIDDEN : value, otherwise, origin: describePlace(general.origin(key)) };
  });
  for (const table of ["profiles", "streams"] as const) {
    for (const { name, leaf, value, origin } of general.entries(table)) {
      rows.push({ key: `${table}.${name}.${leaf}`, value, otherwise: null, origin: describePlace(origin) });
    }
  }
  return rows;
}

/** The values that a role's process would have; for a role with several tables, per table. */
export function roleRows(
  role: RoleSchema,
  tables: readonly RoleTable[],
  { schema, file, general }: ReadSettings,
  env: Environment,
  flags: GivenValues,
): SettingRow[] {
  const candidates: readonly (RoleTable | null)[] = tables.length === 0 ? [null] : tables;
  return candidates.flatMap((table) => {
    const resolved = withNamedStream(
      role,
      resolveRole(role, schema, { flags: flagsOf(role, flags), env, file, table }),
      general,
      true,
    );
    return role.flags
      .filter(({ settable }) => settable === undefined)
      .map((flag) => rowOf(`${table?.key ?? role.table}.${keyOfFlag(flag.name)}`, flag, resolved.get(flag.name)));
  });
}

/** The flags of `config show` that the role also has. */
function flagsOf(role: RoleSchema, flags: GivenValues): GivenValues {
  return new Map([...flags].filter(([name]) => role.flags.some((flag) => flag.name === name)));
}

function rowOf(key: string, spec: OptionSpec, given: Sourced | undefined): SettingRow {
  const origin: Origin = given?.origin ?? DEFAULT_ORIGIN;
  if (given === undefined)
    return { key, value: null, otherwise: defaultTextOf(spec) ?? null, origin: describePlace(origin) };
  const value = typeof given.value === "boolean" ? given.value : spec.type.format(given.value);
  return { key, value: spec.isSecret === true ? HIDDEN : value, otherwise: null, origin: describePlace(origin) };
}
