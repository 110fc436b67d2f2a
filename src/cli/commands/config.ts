import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  commonFromEnvironment,
  configTemplate,
  type Environment,
  type GivenValues,
  Origins,
  type Sourced,
  valuesOf,
} from "../../config/index.ts";
import { OptionError, UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { errnoOf, writeProblem } from "../../core/system-errors.ts";
import { toJson } from "../../core/text.ts";
import type { ConfigValues } from "../commands.ts";
import { checkSettings, tablesOf } from "../config/check-settings.ts";
import { type ReadSettings, readSettings } from "../config/read-settings.ts";
import { commandNamed } from "../config/role-options.ts";
import { roleOf, settingsSchema } from "../config/schema.ts";
import { generalRows, roleRows, type SettingRow } from "../config/settings-rows.ts";
import { describeError, ExitCode } from "../exit.ts";
import { printError } from "../output/console.ts";
import type { Column } from "../output/output.ts";
import { OutputError } from "../output/output-error.ts";
import { runPlan } from "../run/run-plan.ts";
import type { CommandContext } from "../specs/command.ts";
import { CONFIG } from "../specs/common-options.ts";
import type { RunValues } from "../specs/driver.ts";
import { type ToolContext, tool } from "../tool/tool.ts";

const VERBS: readonly string[] = ["init", "validate", "show"];

const COLUMNS: readonly Column<SettingRow>[] = [
  { header: "setting", cell: ({ key }) => key, align: "left" },
  { header: "value", cell: shownValue, align: "left" },
  { header: "from", cell: ({ origin }) => origin, align: "left" },
];

/** `config init|validate|show`. */
export const run = tool<ConfigValues>(async (context) => {
  const [verb, ...rest] = context.positionals;
  switch (verb) {
    case "init":
      return init(context, rest);
    case "validate":
      return validate(context, rest);
    case "show":
      return show(context, rest);
    default: {
      const found = verb === undefined ? "nothing" : `"${verb}"`;
      const hint = verb === undefined ? "" : suggestion(verb, VERBS);
      throw new UsageError(`config: expected one of ${VERBS.join(", ")}, found ${found}${hint}`, {
        expected: VERBS.join(", "),
        found,
      });
    }
  }
});

async function init(
  { values, commands, output }: ToolContext<ConfigValues>,
  rest: readonly string[],
): Promise<undefined> {
  refuseRest("init", rest);
  const text = configTemplate(settingsSchema(commands));
  const { to } = values;
  if (to === undefined) {
    output.line(text.trimEnd());
    return;
  }
  let file: number;
  try {
    file = openSync(to, "wx");
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    const why = isThere ? "expected no file there, found one: it stays as it is" : writeProblem(errnoOf(error));
    throw new OptionError("to", `${to}: ${why}`, { found: to, cause: error });
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    // A partial file would be read as settings, and the next `config init` would refuse to replace it.
    unlinkSync(to);
    throw new OutputError(error as Error, to);
  } finally {
    closeSync(file);
  }
  if (!values.quiet) printError(`wrote ${resolve(to)}`);
}

function validate(context: CommandContext<ConfigValues>, rest: readonly string[]): number {
  const { values, positionals, commands } = context;
  refuseRest("validate", rest.slice(1));
  const named = positionals[1];
  if (named !== undefined && values.config !== undefined) {
    throw new UsageError("config validate: expected FILE or --config FILE, found both");
  }
  const config: Sourced | undefined =
    named === undefined ? configOf(context, process.env) : { value: named, origin: { kind: "flag", name: "config" } };
  const { found, settings } = checkSettings(commands, config, process.env);
  const subject = config === undefined ? "the environment" : String(config.value);
  for (const mistake of found) printError(`tensorpool: ${describeError(mistake)}`);
  if (found.length > 1) printError(`${subject}: ${found.length} mistakes`);
  if (found.length > 0) return ExitCode.WRONG_USAGE;
  const obstacle = config === undefined ? null : whyNotRun(context, settings);
  if (!values.quiet) {
    printError(`${subject} is valid${obstacle === null ? "" : `, but \`tensorpool run\` cannot run it: ${obstacle}`}`);
  }
  return ExitCode.DONE;
}

/** A valid file may suit only single roles: returns the reason that `run` cannot use it. */
function whyNotRun({ commands }: CommandContext<ConfigValues>, settings: ReadSettings | null): string | null {
  try {
    const specs = roleOf(commandNamed(commands, "run")).flags;
    const values = valuesOf("run", specs, new Map()) as unknown as RunValues;
    runPlan({ values, origins: new Origins(specs, new Map()), settings, commands });
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

async function show(context: ToolContext<ConfigValues>, rest: readonly string[]): Promise<undefined> {
  refuseRest("show", rest);
  const { commands, output } = context;
  const settings = readSettings(settingsSchema(commands), configOf(context, process.env), process.env);
  const use = sourcedOf(context, "use");
  const flags = showFlags(context);
  const rows = [
    ...generalRows(settings),
    ...settings.schema.roles.flatMap((role) =>
      roleRows(
        role,
        tablesOf(role, settings, use).filter((table) => table !== null),
        settings,
        process.env,
        flags,
      ),
    ),
  ];
  output.rows(COLUMNS, rows);
}

/** Flags of `config show` that roles also have; excludes the flags for its own output format. */
function showFlags(context: CommandContext<ConfigValues>): GivenValues {
  const shown = ["aeronDir", "shmDir", "logLevel", "logFormat", "color", "quiet"] as const;
  const given = shown.flatMap((property) => {
    const sourced = sourcedOf(context, property);
    return sourced?.origin.kind === "flag" ? [[sourced.origin.name, sourced] as const] : [];
  });
  return new Map(given);
}

function sourcedOf(
  { values, origins }: CommandContext<ConfigValues>,
  property: keyof ConfigValues,
): Sourced | undefined {
  return origins.has(property) ? { value: values[property], origin: origins.of(property) } : undefined;
}

function configOf(context: CommandContext<ConfigValues>, env: Environment): Sourced | undefined {
  return sourcedOf(context, "config") ?? commonFromEnvironment(Object.values(CONFIG), env).get("config");
}

function refuseRest(verb: string, [unexpected]: readonly string[]): void {
  if (unexpected === undefined) return;
  throw new UsageError(`config ${verb}: unexpected argument "${unexpected}"`, { found: unexpected });
}

function shownValue({ value, otherwise }: SettingRow): string | null {
  if (value === null) return otherwise === null ? null : `(${otherwise})`;
  return typeof value === "object" ? toJson(value) : String(value);
}
