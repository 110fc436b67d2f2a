import {
  type Attempt,
  chooseTable,
  type Environment,
  Mistakes,
  Origins,
  type RoleSchema,
  type RoleTable,
  resolveRole,
  type Sourced,
  type ValuesOf,
  valuesOf,
  withNamedStream,
} from "../../config/index.ts";
import type { UsageError } from "../../core/errors.ts";
import { parseSink, parseSource } from "../../io/index.ts";
import type { Command } from "../specs/command.ts";
import type { CONSUMER, PRODUCER } from "../specs/roles.ts";
import { type ReadSettings, readSettings } from "./read-settings.ts";
import { commandNamed } from "./role-options.ts";
import { settingsSchema } from "./schema.ts";

/** All errors in a file and the environment, and the settings without them; null if they cannot be determined. */
export function checkSettings(
  commands: readonly Command[],
  config: Sourced | undefined,
  env: Environment,
): { readonly found: readonly UsageError[]; readonly settings: ReadSettings | null } {
  const mistakes = new Mistakes();
  let settings: ReadSettings | null = null;
  mistakes.attempt(() => {
    const read = readSettings(settingsSchema(commands), config, env, mistakes.attempt);
    settings = read;
    for (const role of read.schema.roles) {
      const asksForStreams = commandNamed(commands, role.name).asksForStreams === true;
      for (const table of tablesOf(role, read, undefined)) {
        checkRole(role, table, read, asksForStreams, env, mistakes.attempt);
      }
    }
  });
  return { found: mistakes.found, settings };
}

/** The tables of a role; with `--use`, the table that it names, if there is one. */
export function tablesOf(
  role: RoleSchema,
  { file }: ReadSettings,
  use: Sourced | undefined,
): readonly (RoleTable | null)[] {
  const tables = file?.tables.get(role.name) ?? [];
  if (use === undefined || !role.isArray) return tables.length === 0 ? [null] : tables;
  const isThere = tables.some(({ values }) =>
    [values.get("name")?.value, values.get("stream")?.value].map(String).includes(String(use.value)),
  );
  return isThere ? [chooseTable(role, file, use)] : [null];
}

type EndValues = Partial<ValuesOf<typeof PRODUCER> & ValuesOf<typeof CONSUMER>>;

const NO_TABLE: Pick<RoleTable, "faulty"> = { faulty: new Set() };

/** Makes the checks of a process that starts with this table: valid values, and a known source or sink. */
function checkRole(
  role: RoleSchema,
  table: RoleTable | null,
  { schema, file, general }: ReadSettings,
  asksForStreams: boolean,
  env: Environment,
  attempt: Attempt,
): void {
  const layers = { flags: new Map(), env, file, table };
  const given = resolveRole(role, schema, layers, attempt);
  attempt(() => withNamedStream(role, given, general, asksForStreams));
  const origins = new Origins(role.flags, given);
  const specs = role.flags.filter(({ name, isRequired }) => isRequired !== true || given.has(name));
  const values = valuesOf(role.name, specs, given) as EndValues;
  const check = (part: () => void): void =>
    attempt(() => {
      try {
        part();
      } catch (error) {
        throw origins.located(error);
      }
    });
  // An invalid value of another key must not be reported for the source too: a valid value replaces it.
  const isFaulty = (name: string): boolean => (table ?? NO_TABLE).faulty.has(name);
  const { source, sink, rate, once } = values;
  const dtype = values.dtype ?? (isFaulty("dtype") ? "uint8" : undefined);
  const dims = values.dims ?? (isFaulty("dims") ? [1] : undefined);
  if (source !== undefined) check(() => parseSource(source, { dtype, dims, rateHz: rate, once }));
  if (sink !== undefined) check(() => parseSink(sink));
}
