import { Origins, type ValuesOf, valuesOf } from "../config/index.ts";
import { UsageError } from "../core/errors.ts";
import { absolutePath, requireExactArguments } from "../core/exact-text.ts";
import { configureLogging, getLogger } from "../core/logger.ts";
import { suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import { provideModuleLibrary } from "../io/module/load.ts";
import { PlugInCode, unknownLine } from "./check/plug-in.ts";
import { COMMANDS } from "./commands.ts";
import { layeredOptions } from "./config/layered-options.ts";
import { helpHint, readOptions } from "./config/read-options.ts";
import { describeError, detailsOf, ExitCode, exitCodeOf, InterruptedError } from "./exit.ts";
import { helpText } from "./help.ts";
import { flushConsole, printError, printLine, printResult } from "./output/console.ts";
import { OutputError } from "./output/output-error.ts";
import type { Command } from "./specs/command.ts";
import { type CONFIG, GENERAL } from "./specs/common-options.ts";
import { VERSION } from "./version.ts";

const log = getLogger("tensorpool");

/** Runs one command line (without the executable) and resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    printError(await helpText(COMMANDS, null));
    return ExitCode.WRONG_USAGE;
  }
  if (name === "--help" || name === "-h" || name === "help") return await help(rest[0]);
  if (name === "--version" || name === "-v") return print(VERSION);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) return failUnknown(name);
  if (command.isPlugIn !== true) return runCommand(command, rest);
  try {
    return await runCommand(command, rest);
  } catch (error) {
    // If standard output cannot be written, the error goes to standard error.
    if (error instanceof OutputError) printError(`tensorpool: ${describeError(error)}`);
    else printLine(unknownLine(describeError(error)));
    return PlugInCode.UNKNOWN;
  }
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  const verb = command.verbs?.find(({ name }) => name === `${command.name} ${args[0]}`);
  if (verb !== undefined) return await runCommand(verb, args.slice(1));
  requireExactArguments(command.name, args);
  if (command.readsOwnArguments === true) {
    const { run } = await command.load();
    return run({
      positionals: [],
      values: {} as never,
      origins: new Origins([], new Map()),
      settings: null,
      rawArguments: args,
      commands: COMMANDS,
    });
  }
  const specs = [...command.options, ...Object.values(GENERAL)];
  const { written, positionals } = readOptions(command.name, specs, args, suggestion);
  if (written.get("help")?.value === true) return print(await helpText(COMMANDS, command));
  if (positionals.length > (command.maxPositionals ?? 0)) {
    const unexpected = quoted(positionals[command.maxPositionals ?? 0] as string);
    throw new UsageError(`${command.name}: unexpected argument ${unexpected}${helpHint(command.name)}`);
  }
  const { given, settings, warnings } = layeredOptions(COMMANDS, command, written, process.env);
  const values = valuesOf(command.name, specs, given);
  const origins = new Origins(specs, given);
  applyGeneralOptions(values as unknown as GeneralValues);
  for (const warning of warnings) log.warn(warning);
  const { run } = await command.load();
  const rest = { positionals, rawArguments: args, commands: COMMANDS };
  try {
    return await run({ values: values as never, origins, settings, ...rest });
  } catch (error) {
    throw origins.located(error);
  }
}

type GeneralValues = ValuesOf<typeof GENERAL> & Partial<ValuesOf<typeof CONFIG>>;

function applyGeneralOptions({ color, quiet, config, logLevel, logFormat }: GeneralValues): void {
  if (!color) process.env.NO_COLOR = "1";
  // A media driver that is started for this process reads its settings from the same file.
  if (config !== undefined) process.env.TENSORPOOL_CONFIG = absolutePath(config);
  const level = logLevel ?? (quiet ? "warn" : undefined);
  configureLogging({
    ...(level === undefined ? {} : { level }),
    ...(logFormat === undefined ? {} : { format: logFormat }),
    ...(color ? {} : { coloured: false }),
  });
}

/** Prints the help of a command, or the general help without one. */
async function help(name: string | undefined): Promise<number> {
  if (name === undefined || name.startsWith("-")) return print(await helpText(COMMANDS, null));
  const command = COMMANDS.find((candidate) => candidate.name === name);
  return command === undefined ? failUnknown(name) : print(await helpText(COMMANDS, command));
}

function failUnknown(name: string): number {
  const kind = name.startsWith("-") ? "option" : "command";
  const names = COMMANDS.map((candidate) => candidate.name);
  return fail(`unknown ${kind} ${quoted(name)}${suggestion(name, names)}: \`tensorpool --help\` lists the commands`);
}

async function print(text: string): Promise<number> {
  await printResult(text);
  return ExitCode.DONE;
}

function fail(message: string): number {
  printError(`tensorpool: ${message}`);
  return ExitCode.WRONG_USAGE;
}

async function exitCode(): Promise<number> {
  try {
    return await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof InterruptedError)) printError(`tensorpool: ${describeError(error)}`);
    const details = detailsOf(error);
    if (details !== null) log.debug(details);
    return exitCodeOf(error);
  }
}

provideModuleLibrary(() => import("../index.ts"));
const code = await exitCode();
await flushConsole();
// Exits explicitly: a natural exit would wait for a write that is stuck in a pipe without a reader.
process.exit(code);
