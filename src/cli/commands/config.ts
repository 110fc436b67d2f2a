import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type Attempt,
  chooseTable,
  commonFromEnvironment,
  configTemplate,
  type Environment,
  type GivenValue,
  type GivenValues,
  Mistakes,
  type RoleSchema,
  type RoleTable,
  resolveRole,
} from "../../config/index.ts";
import { messageOf, UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { toJson } from "../../core/text.ts";
import { parseSink, parseSource } from "../../io/index.ts";
import type { CommandContext } from "../command.ts";
import { CONFIG_OPTION } from "../common-options.ts";
import { type ReadSettings, readSettings } from "../config/read-settings.ts";
import { settingsSchema } from "../config/schema.ts";
import { generalRows, roleRows, type SettingRow } from "../config/settings-rows.ts";
import { printError } from "../console.ts";
import { describeError, ExitCode } from "../exit.ts";
import { OptionValues } from "../option-spec.ts";
import { type Column, Output, parseOutputFormat } from "../output.ts";
import { OutputError } from "../output-error.ts";
import { runPlan } from "../run/run-plan.ts";

const VERBS: readonly string[] = ["init", "validate", "show"];

const COLUMNS: readonly Column<SettingRow>[] = [
  { header: "setting", cell: ({ key }) => key, align: "left" },
  { header: "value", cell: shownValue, align: "left" },
  { header: "from", cell: ({ origin }) => origin, align: "left" },
];

/** `config init|validate|show`. */
export async function run(context: CommandContext): Promise<number> {
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
}

async function init({ options, commands }: CommandContext, rest: readonly string[]): Promise<number> {
  refuseRest("init", rest);
  const text = configTemplate(settingsSchema(commands));
  const to = options.text("to");
  if (to === undefined) {
    const output = new Output({ format: "table" });
    output.line(text.trimEnd());
    await output.flush();
    return ExitCode.DONE;
  }
  let file: number;
  try {
    file = openSync(to, "wx");
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    const why = isThere ? "expected no file there, found one: it stays as it is" : messageOf(error);
    throw new UsageError(`--to: ${to}: ${why}`, { found: to, cause: error });
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    // Half a file would be taken for settings, and stay as it is the next time.
    unlinkSync(to);
    throw new OutputError(error as Error, to);
  } finally {
    closeSync(file);
  }
  if (options.flag("quiet") !== true) printError(`wrote ${resolve(to)}`);
  return ExitCode.DONE;
}

function validate(context: CommandContext, rest: readonly string[]): number {
  const { options, positionals, commands } = context;
  refuseRest("validate", rest.slice(1));
  const named = positionals[1];
  if (named !== undefined && options.has("config")) {
    throw new UsageError("config validate: expected FILE or --config FILE, found both");
  }
  const config: GivenValue | undefined =
    named === undefined ? configOf(options, process.env) : { value: named, origin: { kind: "flag", name: "config" } };
  const mistakes = new Mistakes();
  let settings: ReadSettings | null = null;
  mistakes.attempt(() => {
    settings = readSettings(settingsSchema(commands), config, process.env, mistakes.attempt);
    checkRoles(settings, mistakes.attempt);
  });
  const subject = config === undefined ? "the environment" : String(config.value);
  const { found } = mistakes;
  for (const mistake of found) printError(`tensorpool: ${describeError(mistake)}`);
  if (found.length > 1) printError(`${subject}: ${found.length} mistakes`);
  if (found.length > 0) return ExitCode.WRONG_USAGE;
  const obstacle = config === undefined ? null : whyNotRun(context, config);
  if (options.flag("quiet") !== true) {
    printError(`${subject} is valid${obstacle === null ? "" : `, but \`tensorpool run\` cannot run it: ${obstacle}`}`);
  }
  return ExitCode.DONE;
}

function checkRoles(settings: ReadSettings, attempt: Attempt): void {
  for (const role of settings.schema.roles) {
    for (const table of tablesOf(role, settings, undefined)) {
      attempt(() => checkEnds(role, table, settings, process.env));
    }
  }
}

/** A valid file may be of use to single roles only. */
function whyNotRun(context: CommandContext, config: GivenValue): string | null {
  try {
    runPlan({ ...context, options: new OptionValues("run", new Map([["config", config]])) });
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

async function show({ options, commands }: CommandContext, rest: readonly string[]): Promise<number> {
  refuseRest("show", rest);
  const output = new Output({ format: parseOutputFormat(options.text("output") ?? "table") });
  const settings = readSettings(settingsSchema(commands), configOf(options, process.env), process.env);
  const use = options.given.get("use");
  const flags = showFlags(options);
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
  await output.flush();
  return ExitCode.DONE;
}

/** Flags of `config show` that roles have too; how it prints its own result is not one of them. */
function showFlags(options: OptionValues): GivenValues {
  const own = ["config", "use", "to", "output", "help"];
  return new Map([...options.given].filter(([name, { origin }]) => origin.kind === "flag" && !own.includes(name)));
}

function configOf(options: OptionValues, env: Environment): GivenValue | undefined {
  return options.given.get("config") ?? commonFromEnvironment([CONFIG_OPTION], env).get("config");
}

/** The tables of a role; with `--use` the one that it names, where there is one of that name. */
function tablesOf(
  role: RoleSchema,
  { file }: ReadSettings,
  use: GivenValue | undefined,
): readonly (RoleTable | null)[] {
  const tables = file?.tables.get(role.name) ?? [];
  if (use === undefined || !role.isArray) return tables.length === 0 ? [null] : tables;
  const isThere = tables.some(({ values }) =>
    [values.get("name")?.text, values.get("stream")?.text].includes(String(use.value)),
  );
  return isThere ? [chooseTable(role, file, use)] : [null];
}

/** What a process with this table would find out at its start: whether there is such a source or sink. */
function checkEnds(role: RoleSchema, table: RoleTable | null, settings: ReadSettings, env: Environment): void {
  const { schema, file } = settings;
  const options = new OptionValues(role.name, resolveRole(role, schema, { flags: new Map(), env, file, table }));
  try {
    const [source, sink] = [options.text("source"), options.text("sink")];
    const once = options.flag("once");
    const given = { dtype: options.text("dtype"), dims: options.text("dims"), rateHz: options.rate("rate"), once };
    if (source !== undefined) parseSource(source, given);
    if (sink !== undefined) parseSink(sink);
  } catch (error) {
    throw options.relabelled(error);
  }
}

function refuseRest(verb: string, [unexpected]: readonly string[]): void {
  if (unexpected === undefined) return;
  throw new UsageError(`config ${verb}: unexpected argument "${unexpected}"`, { found: unexpected });
}

function shownValue({ value, otherwise }: SettingRow): string | null {
  if (value === null) return otherwise === null ? null : `(${otherwise})`;
  return typeof value === "object" ? toJson(value) : String(value);
}
