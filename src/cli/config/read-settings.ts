import {
  ConfigFile,
  checkTables,
  type Environment,
  GeneralSettings,
  type GivenValue,
  type RoleSchema,
  type SettingsSchema,
} from "../../config/index.ts";

/** What file and environment say, checked as a whole. */
export interface ReadSettings {
  readonly schema: SettingsSchema;
  readonly file: ConfigFile | null;
  readonly general: GeneralSettings;
}

/** @throws UsageError naming the variable, or file, line and key; NotFoundError when there is no such file */
export function readSettings(schema: SettingsSchema, config: GivenValue | undefined, env: Environment): ReadSettings {
  const file = config === undefined ? null : ConfigFile.read(String(config.value), schema);
  if (file !== null) for (const role of schema.roles) checkTables(role, file, hasOneProcessPerStream(role));
  return { schema, file, general: new GeneralSettings(file, env) };
}

/** D-03: a stream has one producer, and any number of consumers. */
function hasOneProcessPerStream({ name }: RoleSchema): boolean {
  return name === "producer";
}
