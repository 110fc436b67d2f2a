import {
  type Attempt,
  ConfigFile,
  checkTables,
  type Environment,
  GeneralSettings,
  type RoleSchema,
  type SettingsSchema,
  type Sourced,
  untilFirst,
} from "../../config/index.ts";

/** The settings of file and environment, validated as a whole. */
export interface ReadSettings {
  readonly schema: SettingsSchema;
  readonly file: ConfigFile | null;
  readonly general: GeneralSettings;
}

/** @throws UsageError naming the variable, or file, line and key; NotFoundError if there is no such file */
export function readSettings(
  schema: SettingsSchema,
  config: Sourced | undefined,
  env: Environment,
  attempt: Attempt = untilFirst,
): ReadSettings {
  const file = config === undefined ? null : ConfigFile.read(String(config.value), schema, attempt);
  if (file !== null) {
    for (const role of schema.roles) checkTables(role, file, hasOneProcessPerStream(role), attempt);
  }
  return { schema, file, general: new GeneralSettings(file, env, attempt) };
}

/** D-03: a stream has one producer, and any number of consumers. */
function hasOneProcessPerStream({ name }: RoleSchema): boolean {
  return name === "producer";
}
