import { COMMANDS } from "../../src/cli/commands.ts";
import { readOptions } from "../../src/cli/config/read-options.ts";
import type { Command, CommandContext } from "../../src/cli/specs/command.ts";
import { GENERAL } from "../../src/cli/specs/common-options.ts";
import { chooseTable, type Environment, Origins, parsedFlags, resolveRole, valuesOf } from "../../src/config/index.ts";
import { configFile, roleNamed, SCHEMA } from "./config-schema.ts";

export function commandNamed(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`no command is called ${name}`);
  return command;
}

/** What a command is run with by these arguments alone, without environment and file. @throws UsageError */
export function contextOf<Values>(name: string, args: readonly string[]): CommandContext<Values> {
  const specs = [...commandNamed(name).options, ...Object.values(GENERAL)];
  const { written, positionals } = readOptions(name, specs, args, () => "");
  const given = parsedFlags(specs, written);
  return {
    values: valuesOf(name, specs, given) as unknown as Values,
    origins: new Origins(specs, given),
    settings: null,
    positionals,
    rawArguments: args,
    commands: COMMANDS,
  };
}

/** Its values, as the command line has them. @throws UsageError, which names flags */
export function valuesFor<Values>(name: string, ...args: readonly string[]): Values {
  return contextOf<Values>(name, args).values;
}

/** Runs something with these arguments; an error about an option names its flag, as it does for users. */
export function withFlags<Values, Result>(
  name: string,
  args: readonly string[],
  run: (values: Values) => Result,
): Result {
  const { values, origins } = contextOf<Values>(name, args);
  try {
    return run(values);
  } catch (error) {
    throw origins.located(error);
  }
}

/** A role's values by command line, environment and file; those that nothing sets and that have no default are absent. */
export function resolveCommand(
  name: string,
  args: readonly string[],
  env: Environment,
  text = "",
): { readonly values: Readonly<Record<string, unknown>>; readonly origins: Origins } {
  const role = roleNamed(name);
  const flags = parsedFlags(role.flags, readOptions(name, role.flags, args, () => "").written);
  const file = configFile(text);
  const table = role.isArray ? chooseTable(role, file, flags.get("use")) : (file.tables.get(name)?.[0] ?? null);
  const given = resolveRole(role, SCHEMA, { flags, env, file, table });
  const specs = role.flags.filter(({ name: option, isRequired }) => isRequired !== true || given.has(option));
  return { values: valuesOf(name, specs, given), origins: new Origins(role.flags, given) };
}
