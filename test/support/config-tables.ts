// The tables of docs/CONFIGURATION.md follow from the options of the commands. To bring them up to date:
//
//   node_modules/.bin/bun test/support/config-tables.ts
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../src/cli/commands.ts";
import { settingsSchema } from "../../src/cli/config/schema.ts";
import { variableOfCommon, variablesOfFlag, variablesOfKey } from "../../src/config/environment.ts";
import {
  GENERAL_KEY_NAMES,
  GENERAL_KEYS,
  type GeneralKey,
  PROFILE_KEYS,
  STREAM_KEYS,
} from "../../src/config/general-keys.ts";
import { defaultTextOf, flagsInEnvironment, keyOfFlag, type OptionSpec } from "../../src/config/role-schema.ts";
import { ROOT } from "./source-tree.ts";

const PAGE = join(ROOT, "docs", "CONFIGURATION.md");
const BEGIN = "<!-- Generated from the options of the commands: test/support/config-tables.ts -->";
const END = "<!-- End of the generated tables. -->";

const schema = settingsSchema(COMMANDS);

/** What stands between the two marks of the page. */
export function configTables(): string {
  const common = flagsInEnvironment(schema.common);
  const sections = [
    `### Driver, shared memory, policies\n\n${table(
      ["key", "variables", "takes", "default"],
      GENERAL_KEY_NAMES.map((key) => [
        code(key),
        variablesOfKey(key).map(code).join(", "),
        ...typeCells(GENERAL_KEYS[key]),
      ]),
    )}`,
    `### Profiles and streams\n\n${table(
      ["key", "variable", "takes", "default"],
      [...entryRows("profiles", PROFILE_KEYS), ...entryRows("streams", STREAM_KEYS)],
    )}`,
    `### Every role\n\n${flagTable("common", common, (flag) => [variableOfCommon(flag)])}`,
    ...schema.roles.map(({ name, table: key, isArray, flags }) => {
      const own = flagsInEnvironment(flags).filter((flag) => !schema.common.includes(flag));
      const role = schema.roles.find((candidate) => candidate.name === name) as (typeof schema.roles)[number];
      const at = isArray ? `[[${key}]]` : `[${key}]`;
      return `### \`${name}\`: \`${at}\`\n\n${flagTable(key, own, (flag) => variablesOfFlag(role, flag, schema))}`;
    }),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** The same part of the page as it stands. */
export function documentedTables(): string {
  const [, rest = ""] = readFileSync(PAGE, "utf8").split(`${BEGIN}\n\n`);
  return (rest.split(`\n${END}`)[0] ?? "").trimEnd().concat("\n");
}

function flagTable(
  at: string,
  flags: readonly OptionSpec[],
  variables: (flag: OptionSpec) => readonly string[],
): string {
  const rows = flags.map((flag) => [
    code(`--${flag.name}`),
    flag.settable === undefined ? code(`${at}.${keyOfFlag(flag.name)}`) : "-",
    [...variables(flag), ...(flag.key === undefined ? [] : variablesOfKey(flag.key))].map(code).join(", "),
    flag.key === undefined ? "-" : code(flag.key),
    flag.type.expected,
    defaultTextOf(flag) ?? "-",
  ]);
  return table(["flag", "key", "variables", "general key", "takes", "default"], rows);
}

function entryRows(at: string, keys: Readonly<Record<string, GeneralKey<unknown>>>): string[][] {
  return Object.entries(keys).map(([leaf, key]) => [
    code(`${at}.NAME.${leaf}`),
    code(variablesOfKey(`${at}.NAME.${leaf}`)[0]),
    ...typeCells(key),
  ]);
}

function typeCells({ type, defaultText }: GeneralKey<unknown>): string[] {
  return [type.expected, defaultText];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) {
  const page = readFileSync(PAGE, "utf8");
  const [before = ""] = page.split(BEGIN);
  const [, after = ""] = page.split(END);
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${configTables()}\n${END}${after}`);
}
