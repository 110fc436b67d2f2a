import {
  type ConfigFile,
  type Environment,
  type GeneralSettings,
  type GivenValues,
  type RoleTable,
  resolveRole,
  withNamedStream,
} from "../../config/index.ts";
import type { Command } from "../command.ts";
import { OptionValues } from "../option-spec.ts";
import { roleOf, settingsSchema } from "./schema.ts";

/** Where the options of several roles come from. */
export interface RoleSources {
  readonly commands: readonly Command[];
  readonly file: ConfigFile;
  readonly general: GeneralSettings;
  readonly env: Environment;
}

/** The command with this name. */
export function commandNamed(commands: readonly Command[], name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`no command is called ${name}`);
  return command;
}

/** The options that a role's own process would have with this table of the file, and `flags` above them. @throws UsageError */
export function roleOptions(
  name: string,
  table: RoleTable | null,
  flags: GivenValues,
  { commands, file, general, env }: RoleSources,
): OptionValues {
  const role = roleOf(commandNamed(commands, name));
  const resolved = resolveRole(role, settingsSchema(commands), { flags, env, file, table });
  return new OptionValues(name, withNamedStream(role, resolved, general, false));
}
