import { cac } from "cac";
import type { Command } from "./command.ts";
import { GENERAL_OPTIONS } from "./common-options.ts";
import type { OptionSpec } from "./option-spec.ts";
import { VERSION } from "./version.ts";

const EXECUTABLE = "tensorpool";

function register(cli: ReturnType<typeof cac>, command: Command): void {
  const line = command.usage === undefined ? command.name : `${command.name} ${command.usage}`;
  const registered = cli.command(command.name, command.summary).usage(line);
  for (const option of [...command.options, ...GENERAL_OPTIONS]) {
    registered.option(flagsOf(option), describe(option));
  }
  for (const example of command.examples) registered.example(`  $ ${EXECUTABLE} ${example}`);
}

function flagsOf({ name, short, value, negatable }: OptionSpec): string {
  const long = negatable === true && value === undefined ? `--[no-]${name}` : `--${name}`;
  return `${short === undefined ? "" : `-${short}, `}${long}${value === undefined ? "" : ` <${value}>`}`;
}

function describe({ help, defaultText }: OptionSpec): string {
  return defaultText === undefined ? help : `${help} (default: ${defaultText})`;
}

/** `--help` of the executable, or of one command. */
export async function helpText(commands: readonly Command[], command: Command | null): Promise<string> {
  const cli = cac(EXECUTABLE);
  cli.version(VERSION);
  if (command !== null) register(cli, command);
  const lines: string[] = [];
  cli.help((sections) => {
    for (const { title, body } of sections) {
      if (title === undefined) continue;
      // cac repeats the flags of the executable, which are among the command's own here.
      lines.push(
        title.startsWith("For more info") ? "" : `${title}:`,
        body.replaceAll("<", "").replaceAll(">", ""),
        "",
      );
    }
    return [];
  });
  if (command === null) return overview(commands);
  cli.parse(["", "", command.name], { run: false });
  cli.outputHelp();
  const notes = command.notes === undefined ? "" : `\n${await command.notes()}`;
  return `${EXECUTABLE} ${command.name}: ${command.summary}\n\n${lines.join("\n").trimEnd()}\n${notes}`.trimEnd();
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  return [
    `${EXECUTABLE} ${VERSION}: moves N-dimensional frames between processes through shared memory`,
    "",
    `Usage: ${EXECUTABLE} COMMAND [OPTIONS]`,
    "",
    "Commands:",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    "",
    `\`${EXECUTABLE} COMMAND --help\` says more; \`${EXECUTABLE} --version\` prints the version.`,
  ].join("\n");
}
