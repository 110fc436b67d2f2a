import {
  GENERAL_KEY_NAMES,
  GENERAL_KEYS,
  type GeneralKey,
  PROFILE_KEYS,
  REQUIRED,
  STREAM_KEYS,
} from "./general-keys.ts";
import {
  COMMON_TABLE,
  defaultTextOf,
  flagsInFile,
  keyOfFlag,
  type OptionSpec,
  type SettingsSchema,
} from "./role-schema.ts";
import { parseTomlLiteral } from "./toml-document.ts";
import { ValueProblem } from "./value-problem.ts";

/** Values that a new file sets, so that it can be used as it is: a driver with one stream, one producer, one consumer. */
const SET: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  producers: { name: '"camera-1"', stream: "10000", source: '"synthetic:"', rate: "30" },
  consumers: { name: '"viewer"', stream: "10000", sink: '"stats"' },
};
const SET_PROFILE: Readonly<Record<string, string>> = {
  header_nslots: "64",
  payload_pools: '[{ pool_id = 1, stride_bytes = "1MiB" }]',
};
const SET_STREAM: Readonly<Record<string, string>> = { stream_id: "10000", profile: '"camera"' };

const HEAD = [
  "Settings of tensorpool. Lines that begin with `#key =` show what holds unless something else is set (or an example, where",
  "that depends): remove the # to change them. A flag wins over an environment variable, and that over this file.",
  "`tensorpool config show --config FILE` prints every value with where it comes from. `tensorpool run --config FILE` runs driver,",
  "supervisor, producers and consumers in one process; each also runs by itself: `tensorpool driver --config FILE`, and so on.",
];

/** A file with every key, most of them as comments; it is valid as it is, and with the comment signs removed. */
export function configTemplate(schema: SettingsSchema): string {
  const sections = [...new Set(GENERAL_KEY_NAMES.map((key) => key.split(".")[0] as string))];
  const blocks = [
    HEAD.map((line) => `# ${line}`),
    ...sections.map((section) => [`[${section}]`, ...sectionLines(section)]),
    [
      "# A layout of regions; as many as wanted, each with a name.",
      "[profiles.camera]",
      ...entryLines(PROFILE_KEYS, SET_PROFILE),
    ],
    [
      "# A stream that the driver serves; as many as wanted, each with a name.",
      "[streams.camera-1]",
      ...entryLines(STREAM_KEYS, SET_STREAM),
    ],
    [
      "# Flags that mean the same for several commands, for all of them.",
      `[${COMMON_TABLE}]`,
      ...flagLines(schema.common, {}),
    ],
    ...schema.roles.map(({ name, table, isArray, flags }) => [
      isArray
        ? `# One table per process of \`tensorpool ${name}\`; of several, it uses the one that --use names.`
        : `# Flags of \`tensorpool ${name}\`.`,
      heading(table, isArray, flags),
      ...flagLines(
        flags.filter((flag) => !schema.common.includes(flag) || SET[table]?.[flag.name] !== undefined),
        SET[table] ?? {},
      ),
    ]),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** A table that needs more than its defaults is commented out, because it would otherwise be run as it is. */
function heading(table: string, isArray: boolean, flags: readonly OptionSpec[]): string {
  const lacks = flags.some(({ name, isRequired }) => isRequired === true && SET[table]?.[name] === undefined);
  return `${lacks ? "#" : ""}${isArray ? `[[${table}]]` : `[${table}]`}`;
}

function sectionLines(section: string): string[] {
  return GENERAL_KEY_NAMES.filter((key) => key.startsWith(`${section}.`)).flatMap((key) =>
    keyLines(key.slice(section.length + 1), GENERAL_KEYS[key], undefined),
  );
}

function entryLines(
  keys: Readonly<Record<string, GeneralKey<unknown>>>,
  set: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(keys).flatMap(([key, setting]) => keyLines(key, setting, set[key]));
}

function keyLines(name: string, setting: GeneralKey<unknown>, set: string | undefined): string[] {
  const { help, type, default: literal, defaultText } = setting;
  const fallback = defaultText === REQUIRED ? REQUIRED : `default: ${defaultText}`;
  const told = literal === null ? ` (${fallback})` : "";
  return [`# ${help}${told}`, set === undefined ? `#${name} = ${literal ?? type.example}` : `${name} = ${set}`];
}

function flagLines(flags: readonly OptionSpec[], set: Readonly<Record<string, string>>): string[] {
  const all = flagsInFile(flags);
  // A table of consumers also has a name, by which it is selected.
  const label = set.name !== undefined && !all.some(({ name }) => name === "name");
  const lines = all.flatMap((flag) => {
    const { name, help } = flag;
    const defaultText = defaultTextOf(flag);
    const value = set[name];
    const told = defaultText === undefined ? "" : ` (default: ${defaultText})`;
    const key = keyOfFlag(name);
    return [`# ${help}${told}`, value === undefined ? `#${key} = ${literalOf(flag)}` : `${key} = ${value}`];
  });
  return label ? ["# what --use chooses it by", `name = ${set.name}`, ...lines] : lines;
}

/** The default of an option as TOML, or an example if it has none. */
function literalOf({ type, default: text }: OptionSpec): string {
  if (text === undefined) return type.example;
  const literal = parseTomlLiteral(text);
  if (literal === null) return JSON.stringify(text);
  try {
    type.read(literal);
    return text;
  } catch (error) {
    if (error instanceof ValueProblem) return JSON.stringify(text);
    throw error;
  }
}
