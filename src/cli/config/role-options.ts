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

/** The values of the roles that a file can have. */
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

/** Where the options of several roles come from. */
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

/** What a role's own process would be run with by this table of the file, and `flags` above it. @throws UsageError */
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
