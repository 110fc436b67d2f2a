import {
  checkedFlags,
  chooseTable,
  commonFromEnvironment,
  type Environment,
  resolveRole,
  unknownVariables,
  withNamedStream,
} from "../../config/index.ts";
import type { Command } from "../command.ts";
import { CONFIG_OPTION, GENERAL_OPTIONS } from "../common-options.ts";
import { OptionValues } from "../option-spec.ts";
import { readSettings } from "./read-settings.ts";
import { roleOf, settingsSchema } from "./schema.ts";

export interface LayeredOptions {
  readonly values: OptionValues;
  /** What is probably a mistake, though it stops nothing. */
  readonly warnings: readonly string[];
}

/**
 * The options of a call: what was written, above the environment, above the file.
 * @throws UsageError naming the flag, the variable, or file, line and key; NotFoundError when there is no such file
 */
export function layeredOptions(
  commands: readonly Command[],
  command: Command,
  written: OptionValues,
  env: Environment,
): LayeredOptions {
  const role = roleOf(command);
  const flags = checkedFlags(role.flags, written.given);
  const schema = settingsSchema(commands);
  const warnings = unknownVariables(schema, env);
  if (!readsSettings(command)) {
    const general = new OptionValues(command.name, commonFromEnvironment(GENERAL_OPTIONS, env));
    return { values: written.over(general.given), warnings };
  }
  // Which file and which of its tables is known before the file is.
  const above = resolveRole(role, schema, { flags, env, file: null, table: null });
  const config = above.get("config") ?? commonFromEnvironment([CONFIG_OPTION], env).get("config");
  const { file, general } = readSettings(schema, config, env);
  const table = role.isArray ? chooseTable(role, file, above.get("use")) : (file?.tables.get(role.name)?.[0] ?? null);
  const resolved = resolveRole(role, schema, { flags, env, file, table });
  const values = withNamedStream(role, resolved, general, command.asksForStreams === true);
  return { values: new OptionValues(command.name, values), warnings };
}

/** True for roles, and for tools that have to find what roles use. The others run whatever a file says. */
function readsSettings({ name, settings, options }: Command): boolean {
  return name !== "config" && (settings !== undefined || options.some(({ key }) => key !== undefined));
}
