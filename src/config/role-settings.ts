import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { type ConfigFile, problemAt, type RoleTable } from "./config-file.ts";
import { type Environment, setVariables, variableOfCommon, variablesOfFlag } from "./environment.ts";
import { generalCandidates, parseText, parseVariable, type Sourced } from "./general-settings.ts";
import { type Attempt, untilFirst } from "./mistakes.ts";
import { describePlace, type Origin } from "./origin.ts";
import { flagsInEnvironment, type OptionSpec, type RoleSchema, type SettingsSchema } from "./role-schema.ts";
import { ValueProblem } from "./value-problem.ts";

/** An option on the command line: a text, or on or off for a switch. */
export interface WrittenValue {
  readonly value: string | boolean;
  readonly origin: Origin;
}

/** Values by the names of options. */
export type WrittenValues = ReadonlyMap<string, WrittenValue>;

/** Values by the names of options, each of its option's type; options that are not set are absent. */
export type GivenValues = ReadonlyMap<string, Sourced>;

/** The values of the command line. @throws UsageError with the flag */
export function parsedFlags(specs: readonly OptionSpec[], written: WrittenValues): GivenValues {
  const given = new Map<string, Sourced>();
  for (const [name, { value, origin }] of written) {
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) continue;
    if (typeof value === "boolean") given.set(name, { value, origin });
    else given.set(name, parseText(spec.type, value, origin));
  }
  return given;
}

/** The environment's values of flags for every command, e.g. TENSORPOOL_LOG_LEVEL. @throws UsageError with the variable */
export function commonFromEnvironment(flags: readonly OptionSpec[], env: Environment): GivenValues {
  const given = new Map<string, Sourced>();
  for (const flag of flagsInEnvironment(flags)) {
    const [variable] = setVariables([variableOfCommon(flag)], env);
    if (variable !== undefined) given.set(flag.name, parseVariable(flag.type, variable.name, variable.text));
  }
  return given;
}

/**
 * The value of each flag of a role. Precedence: the command line, then variables (of the role, of every role, of the general key), then the
 * file (the role's table, `[common]`, the general key). Every value is checked, even if another takes precedence.
 * @throws UsageError with the variable
 */
export function resolveRole(
  role: RoleSchema,
  schema: SettingsSchema,
  layers: { flags: GivenValues; env: Environment; file: ConfigFile | null; table: RoleTable | null },
  attempt: Attempt = untilFirst,
): GivenValues {
  const resolved = new Map(layers.flags);
  const resolve = (flag: OptionSpec): void => {
    const candidates = [...fromEnvironment(role, flag, schema, layers.env), ...fromFile(flag, schema, layers)];
    const [winner] = [...candidates, ...fromGeneralKey(flag, layers.file, {})];
    if (winner !== undefined && !resolved.has(flag.name)) resolved.set(flag.name, winner);
  };
  for (const flag of role.flags) attempt(() => resolve(flag));
  return resolved;
}

/**
 * The table that a process uses: the one with that name or stream id, or the only one.
 * @throws UsageError with a list of the tables if there are several and none is selected, or the selected one does not exist
 */
export function chooseTable(role: RoleSchema, file: ConfigFile | null, use: Sourced | undefined): RoleTable | null {
  const tables = file?.tables.get(role.name) ?? [];
  const [only] = tables;
  if (use === undefined) {
    if (only === undefined || tables.length === 1) return only ?? null;
    throw new UsageError(
      `${file?.name}: expected --use NAME, because there are ${tables.length} [[${role.table}]]: ${listed(role, tables)}`,
      { expected: "--use NAME", found: "nothing" },
    );
  }
  const wanted = String(use.value);
  const byName = tables.filter((table) => nameOf(table) === wanted);
  const [chosen, second] = byName.length > 0 ? byName : tables.filter((table) => streamOf(role, table) === wanted);
  if (chosen !== undefined && second === undefined) return chosen;
  const known = tables.flatMap((table) => nameOf(table) ?? []);
  const where = file === null ? "a file of settings (--config)" : `${file.name} to have [[${role.table}]] of that name`;
  const found = second === undefined ? `"${wanted}"` : `several of stream ${wanted}`;
  const there = tables.length === 0 ? "" : `; there are ${listed(role, tables)}`;
  throw problemAt(use.origin, new ValueProblem(where, found, [], there + suggestion(wanted, known)));
}

/** Checks a role's tables together: names are unique, and a stream has one producer. @throws UsageError */
export function checkTables(
  role: RoleSchema,
  file: ConfigFile,
  uniqueStreams: boolean,
  attempt: Attempt = untilFirst,
): void {
  const tables = file.tables.get(role.name) ?? [];
  for (const name of uniqueStreams ? ["name", "stream"] : ["name"]) {
    const places = new Map<string, RoleTable>();
    const check = (table: RoleTable): void => {
      const value = name === "stream" ? streamOf(role, table) : nameOf(table);
      if (value === undefined || table.faulty.has(name)) return;
      const first = places.get(value);
      if (first !== undefined) {
        const { origin } = table.values.get(name) ?? table;
        throw problemAt(
          origin,
          new ValueProblem(`each ${name} once in [[${role.table}]]`, `${value}, which ${first.key} has`),
        );
      }
      places.set(value, table);
    };
    for (const table of tables) attempt(() => check(table));
  }
}

function nameOf(table: RoleTable): string | undefined {
  const name = table.values.get("name");
  return name === undefined ? undefined : String(name.value);
}

function streamOf({ flags }: RoleSchema, table: RoleTable): string {
  const spec = flags.find(({ name }) => name === "stream");
  const value = table.values.get("stream")?.value;
  return value === undefined || spec === undefined ? (spec?.default ?? "") : String(spec.type.format(value));
}

function listed(role: RoleSchema, tables: readonly RoleTable[]): string {
  return tables
    .map((table) => {
      const name = nameOf(table);
      const stream = streamOf(role, table);
      return `${name === undefined ? "" : `"${name}", `}stream ${stream} (${describePlace(table.origin)})`;
    })
    .join("; ");
}

function fromEnvironment(role: RoleSchema, flag: OptionSpec, schema: SettingsSchema, env: Environment): Sourced[] {
  if (flag.settable === "flag") return [];
  const own = setVariables(variablesOfFlag(role, flag, schema), env);
  return [...own.map(({ name, text }) => parseVariable(flag.type, name, text)), ...fromGeneralKey(flag, null, env)];
}

function fromFile(
  flag: OptionSpec,
  schema: SettingsSchema,
  { file, table }: { file: ConfigFile | null; table: RoleTable | null },
): Sourced[] {
  const common = schema.common.includes(flag) ? file?.common.get(flag.name) : undefined;
  return [table?.values.get(flag.name), common].filter((found) => found !== undefined);
}

/** The value of the general key that also sets the option. */
function fromGeneralKey({ key, keyValues }: OptionSpec, file: ConfigFile | null, env: Environment): Sourced[] {
  if (key === undefined) return [];
  return generalCandidates(key, file, env).map(({ value, origin }) => ({
    value: keyValues?.[String(value)] ?? value,
    origin,
  }));
}
