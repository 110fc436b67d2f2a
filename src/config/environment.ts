import { nearest } from "../core/nearest.ts";
import { GENERAL_KEY_NAMES, NAMED_TABLES, type NamedTable } from "./general-keys.ts";
import { flagsInEnvironment, type OptionSpec, type RoleSchema, type SettingsSchema } from "./role-schema.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "TENSORPOOL_";
/** Variables with tensorpool's prefix that belong to no flag and no key. */
const OTHER_VARIABLES: readonly string[] = ["TENSORPOOL_LOG", "TENSORPOOL_TRACE_FFI", "TENSORPOOL_PARENT_PID"];
/** Variables of the project's own tests. */
const TEST_PREFIX = "TENSORPOOL_TEST_";

/** A variable that is set. */
export interface Variable {
  readonly name: string;
  readonly text: string;
}

function upper(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, "_");
}

/** The variables of a general key, in order of precedence. */
export function variablesOfKey(key: string): readonly [string, string] {
  return [`${PREFIX}${upper(key)}`, upper(key)];
}

/** The variables of a role's flag under its own name, in order of precedence. */
export function variablesOfFlag(role: RoleSchema, flag: OptionSpec, schema: SettingsSchema): readonly string[] {
  // Commands that are not roles have no variables of their own.
  const own = role.table === "" ? [] : [`${PREFIX}${upper(role.name)}_${upper(flag.name)}`];
  return schema.common.includes(flag) ? [...own, variableOfCommon(flag)] : own;
}

export function variableOfCommon(flag: OptionSpec): string {
  return `${PREFIX}${upper(flag.name)}`;
}

/** The variables that are set, in the order of `names`. An empty variable counts as not set. */
export function setVariables(names: readonly string[], env: Environment): Variable[] {
  return names.flatMap((name) => {
    const text = env[name];
    return text === undefined || text === "" ? [] : [{ name, text }];
  });
}

/** A variable that sets an entry of `[profiles]` or `[streams]`. */
export interface EntryVariable extends Variable {
  readonly table: NamedTable;
  /** The entry of the file whose name in upper case matches; otherwise the name in lower case. */
  readonly entry: string;
  readonly leaf: string;
}

/** The variables of entries; later ones take precedence. */
export function entryVariables(table: NamedTable, known: readonly string[], env: Environment): EntryVariable[] {
  // Longer ones first: DESCRIPTOR_STREAM_ID has the same ending as STREAM_ID.
  const leaves = Object.keys(NAMED_TABLES[table]).sort((a, b) => b.length - a.length);
  return [upper(table), `${PREFIX}${upper(table)}`].flatMap((start) =>
    setVariables(Object.keys(env).sort(), env).flatMap((variable) => {
      if (!variable.name.startsWith(`${start}_`)) return [];
      const rest = variable.name.slice(start.length + 1);
      const leaf = leaves.find((candidate) => rest.endsWith(`_${upper(candidate)}`));
      if (leaf === undefined) return [];
      const name = rest.slice(0, -leaf.length - 1);
      const entry = known.find((candidate) => upper(candidate) === name) ?? name.toLowerCase();
      return name === "" ? [] : [{ ...variable, table, entry, leaf }];
    }),
  );
}

/** Every variable with tensorpool's prefix, except those of `[profiles]` and `[streams]`, whose names the user chooses. */
export function knownVariables(schema: SettingsSchema): readonly string[] {
  return [
    ...new Set([
      ...schema.roles.flatMap((role) =>
        flagsInEnvironment(role.flags).flatMap((flag) => variablesOfFlag(role, flag, schema)),
      ),
      ...flagsInEnvironment(schema.common).map(variableOfCommon),
      ...GENERAL_KEY_NAMES.map((key) => variablesOfKey(key)[0]),
      ...OTHER_VARIABLES,
    ]),
  ];
}

/** A warning for each unknown variable with tensorpool's prefix, naming the one that was probably meant. */
export function unknownVariables(schema: SettingsSchema, env: Environment): string[] {
  const known = knownVariables(schema);
  const entries = (Object.keys(NAMED_TABLES) as NamedTable[]).flatMap((table) => entryVariables(table, [], env));
  const meant = new Set([...known, ...entries.map(({ name }) => name)]);
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !name.startsWith(TEST_PREFIX) && !meant.has(name))
    .sort()
    .map((name) => {
      // Compared without the prefix, which would make all names similar. Distances are measured in lower case.
      const bare = (variable: string): string => variable.slice(PREFIX.length).toLowerCase();
      const guess = nearest(bare(name), known.map(bare));
      const hint = guess === null ? "" : `; did you mean ${PREFIX}${guess.toUpperCase()}?`;
      return `${name}: expected a variable that sets something, found an unknown name${hint}`;
    });
}

/** The environment without the variables that set flags or keys: for processes that get all settings as flags. */
export function withoutSettings(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(
    ([name]) => !name.startsWith(PREFIX) || OTHER_VARIABLES.includes(name) || name.startsWith(TEST_PREFIX),
  );
  return Object.fromEntries(kept.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
