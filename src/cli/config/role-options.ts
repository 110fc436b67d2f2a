import {
  type ConfigFile,
  type Environment,
  type GivenValues,
  Origins,
  type RoleTable,
  resolveRole,
  valuesOf,
  withNamedStream,
} from "../../config/index.ts";
import type { BridgeReceiveValues, BridgeSendValues, DecimateValues } from "../specs/bridge.ts";
import type { Command, CommandContext } from "../specs/command.ts";
import type { DriverValues } from "../specs/driver.ts";
import type { RecordValues } from "../specs/record.ts";
import type { ConsumerValues, ProducerValues } from "../specs/roles.ts";
import type { SupervisorValues } from "../specs/supervision.ts";
import type { ReadSettings } from "./read-settings.ts";
import { roleOf, settingsSchema, withVerbs } from "./schema.ts";

/** The option values of each role that a file can configure. */
export interface ValuesByRole {
  readonly driver: DriverValues;
  readonly supervisor: SupervisorValues;
  readonly producer: ProducerValues;
  readonly consumer: ConsumerValues;
  readonly decimate: DecimateValues;
  readonly record: RecordValues;
  readonly "bridge send": BridgeSendValues;
  readonly "bridge receive": BridgeReceiveValues;
}

/** The sources of the options of several roles. */
export interface RoleSources {
  readonly commands: readonly Command[];
  readonly file: ConfigFile;
  readonly settings: ReadSettings;
  readonly env: Environment;
}

/** The command with this name. */
export function commandNamed(commands: readonly Command[], name: string): Command {
  const command = withVerbs(commands).find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`no command is called ${name}`);
  return command;
}

/** The context of a role's own process with this table of the file, overridden by `flags`. @throws UsageError */
export function roleContext<Name extends keyof ValuesByRole>(
  name: Name,
  table: RoleTable | null,
  flags: GivenValues,
  { commands, file, settings, env }: RoleSources,
): Pick<CommandContext<ValuesByRole[Name]>, "values" | "origins" | "settings"> {
  const role = roleOf(commandNamed(commands, name));
  const resolved = resolveRole(role, settingsSchema(commands), { flags, env, file, table });
  const given = withNamedStream(role, resolved, settings.general, false);
  const values = valuesOf(name, role.flags, given) as unknown as ValuesByRole[Name];
  return { values, origins: new Origins(role.flags, given), settings };
}
