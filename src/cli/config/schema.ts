import type { OptionSpec, RoleSchema, SettingsSchema } from "../../config/index.ts";
import type { Command } from "../specs/command.ts";
import { GENERAL, ROLE } from "../specs/common-options.ts";

const COMMON: readonly OptionSpec[] = Object.values({ ...GENERAL, ...ROLE });

/** What files and the environment can say: it follows from the options of the commands. */
export function settingsSchema(commands: readonly Command[]): SettingsSchema {
  const roles = withVerbs(commands).flatMap((command) => (command.settings === undefined ? [] : [roleOf(command)]));
  return { roles, common: COMMON };
}

/** A command as a role. One without a table of its own takes what is said for every role, and the general keys. */
export function roleOf(command: Command): RoleSchema {
  const { table = "", isArray = false } = command.settings ?? {};
  const flags: readonly OptionSpec[] = [...command.options, ...Object.values(GENERAL)];
  return { name: command.name, table, isArray, flags };
}

/** Every command, those of two words behind the one that they begin with. */
export function withVerbs(commands: readonly Command[]): Command[] {
  return commands.flatMap((command) => [command, ...(command.verbs ?? [])]);
}
