export { type AttributeSetting, attributeList } from "./attribute-list.ts";
export { ConfigFile, problemAt, type RoleTable } from "./config-file.ts";
export { type Environment, knownVariables, unknownVariables, withoutSettings } from "./environment.ts";
export { GENERAL_KEY_NAMES, GENERAL_KEYS, type GeneralKeyName } from "./general-keys.ts";
export { GeneralSettings, type ProfileSetting, type Sourced, type StreamSetting } from "./general-settings.ts";
export { type Attempt, Mistakes, untilFirst } from "./mistakes.ts";
export { DEFAULT_ORIGIN, describeOrigin, describePlace, type Origin } from "./origin.ts";
export { type FlagSetting, keyOfFlag, type RoleSchema, type SettingsSchema } from "./role-schema.ts";
export {
  checkedFlags,
  checkTables,
  chooseTable,
  commonFromEnvironment,
  type GivenValue,
  type GivenValues,
  layered,
  resolveRole,
} from "./role-settings.ts";
export { ruleList } from "./rule-list.ts";
export { streamReference, withNamedStream } from "./stream-reference.ts";
export { configTemplate } from "./template.ts";
export * as valueTypes from "./value-type.ts";
