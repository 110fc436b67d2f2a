import {
  chooseTable,
  commonFromEnvironment,
  type Environment,
  type GivenValues,
  parsedFlags,
  resolveRole,
  unknownVariables,
  type WrittenValues,
  withNamedStream,
} from "../../config/index.ts";
import type { Command } from "../specs/command.ts";
import { CONFIG, GENERAL } from "../specs/common-options.ts";
import { type ReadSettings, readSettings } from "./read-settings.ts";
import { roleOf, settingsSchema } from "./schema.ts";

export interface LayeredOptions {
  readonly given: GivenValues;
  /** Null for a command that takes no settings. */
  readonly settings: ReadSettings | null;
  /** Probable mistakes that do not prevent the start. */
  readonly warnings: readonly string[];
}

/**
 * The options of a call: flags override the environment, which overrides the file.
 * @throws UsageError naming the flag, the variable, or file, line and key; NotFoundError if there is no such file
 */
export function layeredOptions(
  commands: readonly Command[],
  command: Command,
  written: WrittenValues,
  env: Environment,
): LayeredOptions {
  const role = roleOf(command);
  const flags = parsedFlags(role.flags, written);
  const schema = settingsSchema(commands);
  const warnings = unknownVariables(schema, env);
  if (!readsSettings(command)) {
    const general = commonFromEnvironment(Object.values(GENERAL), env);
    return { given: new Map([...general, ...flags]), settings: null, warnings };
  }
  // The file and its table must be chosen before the file is read.
  const above = resolveRole(role, schema, { flags, env, file: null, table: null });
  const config = above.get("config") ?? commonFromEnvironment(Object.values(CONFIG), env).get("config");
  const settings = readSettings(schema, config, env);
  const { file, general } = settings;
  const table = role.isArray ? chooseTable(role, file, above.get("use")) : (file?.tables.get(role.name)?.[0] ?? null);
  const resolved = resolveRole(role, schema, { flags, env, file, table });
  return { given: withNamedStream(role, resolved, general, command.asksForStreams === true), settings, warnings };
}

/** True for roles, and for tools that must find the roles' resources. Other commands ignore the file. */
function readsSettings({ name, settings, options }: Command): boolean {
  const isConcerned =
    settings !== undefined || options.some((each) => each.key !== undefined || each === CONFIG.config);
  return name !== "config" && isConcerned;
}
