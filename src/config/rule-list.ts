import { nearest, suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import { formatDurationExact } from "../core/units.ts";
import type { SteeringRule } from "../supervision/model/index.ts";
import { clientId } from "./domain-types.ts";
import { describeToml, isTable, type TomlTable, type TomlValue } from "./toml-document.ts";
import { readParts, ValueProblem, within } from "./value-problem.ts";
import {
  choice,
  duration,
  integer,
  list,
  ratio,
  readLiteral,
  text,
  tomlLiteral,
  type ValueType,
} from "./value-type.ts";

const MAX_RULES = 256;
const DEFAULT_RESTORE_NS = 30e9;
const DEFAULT_DECIMATION = 2;

/** An id or a name of a stream; `*` matches any part of a name. */
function streamPattern(): ValueType<string> {
  const name = text("an id or a name of a stream, with * for any part of it", "camera-*");
  return { ...name, read: (value) => (typeof value === "bigint" ? String(value) : name.read(value)) };
}

/** The keys of a rule. */
const KEYS = {
  name: text("a name", "slow viewers"),
  streams: list(streamPattern(), "stream"),
  consumers: list(clientId(), "consumer id"),
  drop_ratio_above: ratio(),
  for: duration(),
  mode: choice("latest", "decimated"),
  decimation: integer(2, 0xffff, { example: 4 }),
  restore_after: duration(),
} as const;
const KEY_NAMES = Object.keys(KEYS);
const REQUIRED = ["drop_ratio_above", "for", "mode"] as const;

/** `[{ drop_ratio_above = "0.1%", for = "5s", mode = "latest" }]`: a supervisor's reactions to consumers that lose frames. */
export function ruleList(): ValueType<readonly SteeringRule[]> {
  const expected = "an array of { drop_ratio_above, for, mode, ... }";
  const read = (value: TomlValue): readonly SteeringRule[] => {
    if (!Array.isArray(value)) throw new ValueProblem(expected, describeToml(value));
    if (value.length > MAX_RULES) throw new ValueProblem(`at most ${MAX_RULES} rules`, String(value.length));
    return readParts(value.map((entry, i) => () => within(i, () => readRule(entry, i))));
  };
  return {
    expected,
    example: '[{ drop_ratio_above = "0.1%", for = "5s", mode = "latest", restore_after = "30s" }]',
    read,
    // Several tables separated by commas are an array without its brackets.
    parse: (value) => readLiteral(value.trimStart().startsWith("{") ? `[${value}]` : value, expected, read),
    format: (rules) => tomlLiteral(rules.map(writeRule)),
    write: (rules) => rules.map(writeRule),
  };
}

/** The rule in the form of a file. */
function writeRule(rule: SteeringRule): Readonly<Record<keyof typeof KEYS, unknown>> {
  return {
    name: rule.name,
    streams: rule.streams ?? undefined,
    consumers: rule.consumers ?? undefined,
    drop_ratio_above: rule.dropRatioAbove,
    for: formatDurationExact(rule.forNs),
    mode: rule.mode,
    decimation: rule.mode === "decimated" ? rule.decimation : undefined,
    restore_after: formatDurationExact(rule.restoreAfterNs),
  };
}

function readRule(entry: TomlValue, index: number): SteeringRule {
  if (!isTable(entry)) throw new ValueProblem("a table { drop_ratio_above, for, mode, ... }", describeToml(entry));
  const keys = Object.keys(entry);
  // A misspelt key does not also count as missing.
  const meant = keys.map((key) => nearest(key, KEY_NAMES));
  readParts<unknown>([
    ...keys.map((key) => () => checkMember(entry, key)),
    ...REQUIRED.filter((key) => !meant.includes(key)).map((key) => () => required(entry, key)),
  ]);
  const mode = required(entry, "mode");
  const decimation = optional(entry, "decimation");
  if (decimation !== null && mode !== "decimated") {
    throw new ValueProblem('mode = "decimated" with it', `mode = "${mode}"`, ["decimation"]);
  }
  return {
    name: optional(entry, "name") ?? `rule ${index + 1}`,
    streams: optional(entry, "streams"),
    consumers: optional(entry, "consumers"),
    dropRatioAbove: required(entry, "drop_ratio_above"),
    forNs: required(entry, "for"),
    mode,
    decimation: decimation ?? DEFAULT_DECIMATION,
    restoreAfterNs: optional(entry, "restore_after") ?? DEFAULT_RESTORE_NS,
  };
}

function checkMember(entry: TomlTable, key: string): void {
  if (!isKey(key))
    throw new ValueProblem(`one of ${KEY_NAMES.join(", ")}`, quoted(key), [key], suggestion(key, KEY_NAMES));
  optional(entry, key);
}

type Key = keyof typeof KEYS;

function isKey(key: string): key is Key {
  return KEY_NAMES.includes(key);
}

type Value<K extends Key> = (typeof KEYS)[K] extends ValueType<infer T> ? T : never;

function optional<K extends Key>(entry: TomlTable, key: K): Value<K> | null {
  const value = entry[key];
  if (value === undefined) return null;
  return within(key, () => (KEYS[key] as ValueType<Value<K>>).read(value));
}

function required<K extends Key>(entry: TomlTable, key: K): Value<K> {
  const value = optional(entry, key);
  if (value === null) throw new ValueProblem(`${key}: ${KEYS[key].expected}`, "nothing");
  return value;
}
