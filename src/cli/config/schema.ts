import type { OptionSpec, RoleSchema, SettingsSchema } from "../../config/index.ts";
import type { Command } from "../specs/command.ts";
import { GENERAL, ROLE } from "../specs/common-options.ts";

const COMMON: readonly OptionSpec[] = Object.values({ ...GENERAL, ...ROLE });

/** The settings that files and the environment can have; derived from the options of the commands. */
export function settingsSchema(commands: readonly Command[]): SettingsSchema {
  const roles = withVerbs(commands).flatMap((command) => (command.settings === undefined ? [] : [roleOf(command)]));
  return { roles, common: COMMON };
}

/** A command as a role. One without its own table takes the settings for every role and the general keys. */
export function roleOf(command: Command): RoleSchema {
  const { table = "", isArray = false } = command.settings ?? {};
  const flags: readonly OptionSpec[] = [...command.options, ...Object.values(GENERAL)];
  return { name: command.name, table, isArray, flags };
}

/** All commands; those of two words follow the command that they start with. */
export function withVerbs(commands: readonly Command[]): Command[] {
  return commands.flatMap((command) => [command, ...(command.verbs ?? [])]);
}
