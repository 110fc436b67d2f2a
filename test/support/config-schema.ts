import { COMMANDS } from "../../src/cli/commands.ts";
import { settingsSchema } from "../../src/cli/config/schema.ts";
import { ConfigFile, type RoleSchema } from "../../src/config/index.ts";
import { TomlDocument } from "../../src/config/toml-document.ts";

/** What the executable's commands can be told. */
export const SCHEMA = settingsSchema(COMMANDS);

/** A file of that text, as messages call it. */
export function configFile(text: string): ConfigFile {
  return new ConfigFile(new TomlDocument("tensorpool.toml", text), SCHEMA);
}

export function roleNamed(name: string): RoleSchema {
  const role = SCHEMA.roles.find((candidate) => candidate.name === name);
  if (role === undefined) throw new Error(`there is no role ${name}`);
  return role;
}
