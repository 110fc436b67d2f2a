import { cac } from "cac";
import { defaultTextOf, type OptionSpec } from "../config/index.ts";
import { terminalWidth } from "./output/console.ts";
import type { Command } from "./specs/command.ts";
import { GENERAL } from "./specs/common-options.ts";

import { VERSION } from "./version.ts";

const EXECUTABLE = "tensorpool";
/** Maximum width of the text, even on a wider terminal. */
const MAX_WIDTH = 110;
const MIN_WIDTH = 60;

interface HelpSection {
  title?: string;
  body: string;
}

/** `--help` of the executable, or of one command. */
export async function helpText(
  commands: readonly Command[],
  command: Command | null,
  columns = terminalWidth() ?? MAX_WIDTH,
): Promise<string> {
  if (command === null) return overview(commands);
  const sections = commandSections(command, columns);
  if (command.notes !== undefined) sections.push(await command.notes());
  return [`${EXECUTABLE} ${command.name}: ${command.summary}`, ...sections].join("\n\n");
}

/** The sections that cac generates for the command, wrapped to the terminal. */
function commandSections(command: Command, columns: number): string[] {
  const cli = cac(EXECUTABLE);
  const registered = cli.command(command.name, command.summary);
  registered.usage(`${command.name} ${command.usage ?? "[options]"}`);
  // cac adds --help by itself.
  const options = [...command.options, ...Object.values(GENERAL)].filter(({ name }) => name !== "help");
  for (const option of options) registered.option(flagsOf(option), describe(option));
  for (const example of command.examples) registered.example(`  $ ${EXECUTABLE} ${example}`);
  let captured: HelpSection[] = [];
  cli.help((sections) => {
    captured = sections;
    return [];
  });
  cli.parse(["", "", command.name], { run: false });
  cli.outputHelp();
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, columns));
  return captured
    .filter(({ title }) => title !== undefined)
    .map(
      ({ title, body }) =>
        `${title}:\n${body
          .split("\n")
          .flatMap((line) => wrap(line, width))
          .join("\n")}`,
    );
}

function flagsOf({ name, short, value, negatable }: OptionSpec): string {
  const long = negatable === true ? `--[no-]${name}` : `--${name}`;
  return `${short === undefined ? "" : `-${short}, `}${long}${value === undefined ? "" : ` <${value}>`}`;
}

function describe(option: OptionSpec): string {
  const defaultText = defaultTextOf(option);
  return defaultText === undefined ? option.help : `${option.help} (default: ${defaultText})`;
}

/** Breaks a line between words; continuation lines start at the column of the text after the first gap of two or more spaces. */
function wrap(line: string, width: number): string[] {
  const column =
    line.search(/\S {2,}\S/) === -1 ? -1 : line.length - line.replace(/^\s*\S.*?\S?\s{2,}(?=\S)/, "").length;
  if (line.length <= width || column <= 0) return [line.trimEnd()];
  const lines: string[] = [];
  let current = line.slice(0, column);
  for (const word of line.slice(column).trimEnd().split(" ")) {
    if (current.length + word.length > width && current.trim() !== "") {
      lines.push(current.trimEnd());
      current = " ".repeat(column);
    }
    current += `${word} `;
  }
  lines.push(current.trimEnd());
  return lines;
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  return [
    `${EXECUTABLE} ${VERSION}: moves N-dimensional frames between processes through shared memory`,
    "",
    `Usage: ${EXECUTABLE} COMMAND [options]`,
    "",
    "Commands:",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    "",
    `\`${EXECUTABLE} COMMAND --help\` has the options of a command; \`${EXECUTABLE} --version\` prints the version.`,
  ].join("\n");
}
