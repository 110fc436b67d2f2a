import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { type ConfigFile, problemAt, type RoleTable } from "./config-file.ts";
import { type Environment, setVariables, variableOfCommon, variablesOfFlag } from "./environment.ts";
import { generalCandidates, parseVariable } from "./general-settings.ts";
import { describePlace, type Origin } from "./origin.ts";
import { type FlagSetting, flagsInEnvironment, type RoleSchema, type SettingsSchema, typeOf } from "./role-schema.ts";
import { parseTomlLiteral } from "./toml-document.ts";
import { flagText, ValueProblem } from "./value-type.ts";

/** What a flag is set to, as the command line would say it: a text, or for a switch on or off. */
export interface GivenValue {
  readonly value: string | boolean;
  readonly origin: Origin;
}

/** Values by the names of flags; those that nothing sets are absent. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

/** The values that the command line says, checked. @throws UsageError naming the flag */
export function checkedFlags(flags: readonly FlagSetting[], given: GivenValues): GivenValues {
  for (const [name, { value, origin }] of given) {
    const flag = flags.find((candidate) => candidate.name === name);
    if (typeof value !== "string" || flag === undefined) continue;
    try {
      typeOf(flag).parse(value);
    } catch (error) {
      throw error instanceof ValueProblem ? problemAt(origin, error) : error;
    }
  }
  return given;
}

/** What the environment says of flags for every command, e.g. TENSORPOOL_LOG_LEVEL. @throws UsageError naming the variable */
export function commonFromEnvironment(flags: readonly FlagSetting[], env: Environment): GivenValues {
  const given = new Map<string, GivenValue>();
  for (const flag of flagsInEnvironment(flags)) {
    const [variable] = setVariables([variableOfCommon(flag)], env);
    if (variable !== undefined) given.set(flag.name, fromVariable(flag, variable.name, variable.text));
  }
  return given;
}

/** Lays flags of the command line over others. */
export function layered(over: GivenValues, under: GivenValues): GivenValues {
  return new Map([...under, ...over]);
}

/**
 * The value of each flag of a role: the command line's, then variables (of the role, of every role, of the general key), then
 * the file (the role's table, `[common]`, the general key). Every value is checked, also where another one wins.
 * @throws UsageError naming the variable
 */
export function resolveRole(
  role: RoleSchema,
  schema: SettingsSchema,
  layers: { flags: GivenValues; env: Environment; file: ConfigFile | null; table: RoleTable | null },
): GivenValues {
  const resolved = new Map(layers.flags);
  for (const flag of role.flags) {
    const candidates = [...fromEnvironment(role, flag, schema, layers.env), ...fromFile(flag, schema, layers)];
    const [winner] = [...candidates, ...fromGeneralKey(flag, layers.file, {})];
    if (winner !== undefined && !resolved.has(flag.name)) resolved.set(flag.name, winner);
  }
  return resolved;
}

/**
 * The table that a process uses: the one with that name or stream id, or the only one.
 * @throws UsageError listing the tables when there are several and none is chosen, or there is no such one
 */
export function chooseTable(role: RoleSchema, file: ConfigFile | null, use: GivenValue | undefined): RoleTable | null {
  const tables = file?.tables.get(role.name) ?? [];
  const [only] = tables;
  if (use === undefined) {
    if (only === undefined || tables.length === 1) return only ?? null;
    throw new UsageError(
      `${file?.name}: expected --use NAME, because there are ${tables.length} [[${role.table}]]: ${listed(tables)}`,
      { expected: "--use NAME", found: "nothing" },
    );
  }
  const wanted = String(use.value);
  const byName = tables.filter((table) => table.values.get("name")?.text === wanted);
  const [chosen, second] = byName.length > 0 ? byName : tables.filter((table) => streamOf(table) === wanted);
  if (chosen !== undefined && second === undefined) return chosen;
  const known = tables.flatMap((table) => table.values.get("name")?.text ?? []);
  const where = file === null ? "a file of settings (--config)" : `${file.name} to have [[${role.table}]] of that name`;
  const found = second === undefined ? `"${wanted}"` : `several of stream ${wanted}`;
  const there = tables.length === 0 ? "" : `; there are ${listed(tables)}`;
  throw problemAt(use.origin, new ValueProblem(where, found, [], there + suggestion(wanted, known)));
}

/** What has to hold between the tables of a role: names are there once, and a stream has one producer. @throws UsageError */
export function checkTables(role: RoleSchema, file: ConfigFile, uniqueStreams: boolean): void {
  const tables = file.tables.get(role.name) ?? [];
  for (const name of uniqueStreams ? ["name", "stream"] : ["name"]) {
    const places = new Map<string, RoleTable>();
    for (const table of tables) {
      const value = name === "stream" ? streamOf(table) : table.values.get(name)?.text;
      if (value === undefined) continue;
      const first = places.get(value);
      if (first !== undefined) {
        const { origin } = table.values.get(name) ?? table;
        throw problemAt(
          origin,
          new ValueProblem(`each ${name} once in [[${role.table}]]`, `${value}, which ${first.key} has`),
        );
      }
      places.set(value, table);
    }
  }
}

/** Where nothing is said, the stream is the default one. */
const DEFAULT_STREAM = "10000";

function streamOf(table: RoleTable): string {
  return table.values.get("stream")?.text ?? DEFAULT_STREAM;
}

function listed(tables: readonly RoleTable[]): string {
  return tables
    .map((table) => {
      const name = table.values.get("name")?.text;
      return `${name === undefined ? "" : `"${name}", `}stream ${streamOf(table)} (${describePlace(table.origin)})`;
    })
    .join("; ");
}

function fromEnvironment(role: RoleSchema, flag: FlagSetting, schema: SettingsSchema, env: Environment): GivenValue[] {
  if (flag.settable === "flag") return [];
  const own = setVariables(variablesOfFlag(role, flag, schema), env);
  return [...own.map(({ name, text }) => fromVariable(flag, name, text)), ...fromGeneralKey(flag, null, env)];
}

function fromVariable(flag: FlagSetting, name: string, text: string): GivenValue {
  const type = typeOf(flag);
  const { value, origin } = parseVariable(type, name, text);
  if (type.text !== undefined) return { value: type.text(text), origin };
  return { value: flagValue(value, text, Array.isArray(value)), origin };
}

function fromFile(
  flag: FlagSetting,
  schema: SettingsSchema,
  { file, table }: { file: ConfigFile | null; table: RoleTable | null },
): GivenValue[] {
  const common = schema.common.includes(flag) ? file?.common.get(flag.name) : undefined;
  return [table?.values.get(flag.name), common].flatMap((found) =>
    found === undefined ? [] : [{ value: flagValue(found.value, found.text, false), origin: found.origin }],
  );
}

/** What the general key says that sets the flag too. */
function fromGeneralKey({ key, keyValues }: FlagSetting, file: ConfigFile | null, env: Environment): GivenValue[] {
  if (key === undefined) return [];
  return generalCandidates(key, file, env).map(({ value, origin }) => {
    const text = Array.isArray(value) ? value.join(",") : String(value);
    const meant = keyValues?.[text] ?? text;
    return { value: typeof value === "boolean" ? value : meant, origin };
  });
}

/** A switch as what it is, anything else as text; a list that was written as TOML with commas. */
function flagValue(value: unknown, text: string, isList: boolean): string | boolean {
  if (typeof value === "boolean") return value;
  const literal = isList && text.trimStart().startsWith("[") ? parseTomlLiteral(text) : null;
  return literal === null ? text : flagText(literal);
}
