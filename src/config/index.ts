export { type AttributeSetting, attributeList } from "./attribute-list.ts";
export * as bridgeTypes from "./bridge-types.ts";
export { ConfigFile, problemAt, type RoleTable } from "./config-file.ts";
export * as domainTypes from "./domain-types.ts";
export { type Environment, knownVariables, unknownVariables, withoutSettings } from "./environment.ts";
export { GENERAL_KEY_NAMES, GENERAL_KEYS, type GeneralKeyName } from "./general-keys.ts";
export { GeneralSettings, type ProfileSetting, type Sourced, type StreamSetting } from "./general-settings.ts";
export { type IdRange, idRange } from "./id-ranges.ts";
export { type Attempt, Mistakes, untilFirst } from "./mistakes.ts";
export {
  asFlag,
  defaultsOf,
  flag,
  type OptionSet,
  Origins,
  openFlag,
  option,
  options,
  type ValuesOf,
  valuesOf,
  withDefault,
} from "./option.ts";
export { DEFAULT_ORIGIN, describeOrigin, describePlace, type Origin } from "./origin.ts";
export * as placementTypes from "./placement-types.ts";
export * as recordingTypes from "./recording-types.ts";
export * as replayTypes from "./replay-types.ts";
export { defaultTextOf, keyOfFlag, type OptionSpec, type RoleSchema, type SettingsSchema } from "./role-schema.ts";
export {
  checkTables,
  chooseTable,
  commonFromEnvironment,
  type GivenValues,
  parsedFlags,
  resolveRole,
  type WrittenValue,
  type WrittenValues,
} from "./role-settings.ts";
export { ruleList } from "./rule-list.ts";
export { type StreamReference, streamReference, withNamedStream } from "./stream-reference.ts";
export { configTemplate } from "./template.ts";
export * as valueTypes from "./value-type.ts";
