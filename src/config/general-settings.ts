import { requireExactVariable } from "../core/exact-text.ts";
import { suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import { DEFAULT_STREAMS } from "../protocol/stream-ids.ts";
import { MAX_REGION_BYTES } from "../shm/announcement.ts";
import { defaultShmDir } from "../shm/default-dir.ts";
import { type ConfigFile, problemAt } from "./config-file.ts";
import { type EntryVariable, type Environment, entryVariables, setVariables, variablesOfKey } from "./environment.ts";
import {
  ENTRY_NAME,
  GENERAL_KEY_NAMES,
  GENERAL_KEYS,
  type GeneralKey,
  type GeneralKeyName,
  type GeneralValue,
  NAMED_TABLES,
  type NamedTable,
} from "./general-keys.ts";
import { type Attempt, untilFirst } from "./mistakes.ts";
import { DEFAULT_ORIGIN, type Origin } from "./origin.ts";
import type { PoolSetting } from "./pool-list.ts";
import { parseTomlLiteral } from "./toml-document.ts";
import { ValueProblem } from "./value-problem.ts";
import type { ValueType } from "./value-type.ts";

const DEFAULT_NSLOTS = 1024;
const DEFAULT_DESCRIPTOR_STREAM = DEFAULT_STREAMS.descriptorStreamId;

/** A value and its origin. */
export interface Sourced<T = unknown> {
  readonly value: T;
  readonly origin: Origin;
}

/** A layout for streams. */
export interface ProfileSetting {
  readonly name: string;
  readonly headerNslots: number;
  readonly payloadPools: readonly PoolSetting[];
}

/** A stream that the driver serves from its start. */
export interface StreamSetting {
  readonly name: string;
  readonly streamId: number;
  /** Name of an existing profile. */
  readonly profile: string;
  readonly descriptorStreamId: number;
}

/** An entry of `[profiles]` or `[streams]`, merged from file and environment. */
interface MergedEntry {
  readonly values: Map<string, Sourced>;
  /** Keys that are set incorrectly: their values are unknown. */
  readonly faulty: Set<string>;
}

/** The keys of section 6, as set by file and environment; each key is checked on its own, and in combination with others. */
export class GeneralSettings {
  readonly #values = new Map<GeneralKeyName, Sourced>();
  readonly #entries: Readonly<Record<NamedTable, ReadonlyMap<string, MergedEntry>>>;
  readonly #broken: ReadonlySet<NamedTable>;
  readonly profiles: ReadonlyMap<string, ProfileSetting>;
  readonly streams: ReadonlyMap<string, StreamSetting>;

  /** @throws UsageError with the variable, or with file, line and key */
  constructor(file: ConfigFile | null, env: Environment, attempt: Attempt = untilFirst) {
    for (const key of GENERAL_KEY_NAMES) {
      attempt(() => {
        const [winner] = generalCandidates(key, file, env);
        if (winner !== undefined) this.#values.set(key, winner);
      });
    }
    const merged = (table: NamedTable) => mergedEntries(table, file, env, attempt);
    this.#entries = { profiles: merged("profiles"), streams: merged("streams") };
    this.#broken = file?.broken ?? new Set();
    this.profiles = this.#readProfiles(file, attempt);
    this.streams = this.#readStreams(file, attempt);
  }

  /** The value of a key, or its default; null if there is neither. */
  get<K extends GeneralKeyName>(key: K): GeneralValue<K> | null {
    const set = this.#values.get(key);
    if (set !== undefined) return set.value as GeneralValue<K>;
    const { default: literal, type } = GENERAL_KEYS[key] as GeneralKey<unknown>;
    return (literal === null ? this.#derived(key) : readDefault(type, literal)) as GeneralValue<K> | null;
  }

  /** The value of a key in the form of a file. */
  written(key: GeneralKeyName): unknown {
    const value = this.get(key);
    return value === null ? null : asWritten(GENERAL_KEYS[key].type, value);
  }

  origin(key: GeneralKeyName): Origin {
    return this.#values.get(key)?.origin ?? DEFAULT_ORIGIN;
  }

  /** True if the name exists, or may exist because a mistake hides entries. */
  mayHave(table: NamedTable, name: string): boolean {
    return this.#broken.has(table) || this.#entries[table].has(name);
  }

  /** The keys of `[profiles.NAME]` or `[streams.NAME]`, set or default, with values in the form of a file. */
  entries(table: NamedTable): { name: string; leaf: string; value: unknown; origin: Origin }[] {
    return [...this.#entries[table]].flatMap(([name, { values }]) =>
      Object.entries(NAMED_TABLES[table]).map(([leaf, { type, default: literal }]) => {
        const set = values.get(leaf);
        if (set !== undefined) return { name, leaf, value: asWritten(type, set.value), origin: set.origin };
        const profile = leaf === "profile" ? (this.streams.get(name)?.profile ?? null) : null;
        return { name, leaf, value: literal === null ? profile : readDefault(type, literal), origin: DEFAULT_ORIGIN };
      }),
    );
  }

  /** Defaults that follow from other settings. */
  #derived(key: GeneralKeyName): unknown {
    switch (key) {
      case "driver.announce_channel":
        return this.get("driver.control_channel");
      case "driver.announce_stream_id":
        return this.get("driver.control_stream_id");
      case "shm.base_dir":
        return defaultShmDir();
      case "shm.allowed_base_dirs":
        return [this.get("shm.base_dir")];
      case "policies.default_profile":
        return this.profiles.keys().next().value ?? null;
      case "policies.epoch_gc_min_age_ns":
        return 3 * (this.get("policies.announce_period_ms") as number) * 1e6;
      default:
        return null;
    }
  }

  #readProfiles(file: ConfigFile | null, attempt: Attempt): ReadonlyMap<string, ProfileSetting> {
    const profiles = new Map<string, ProfileSetting>();
    const readOne = (name: string, entry: MergedEntry): void => {
      const { values } = entry;
      const pools = requireLeaf("profiles", name, "payload_pools", entry, file);
      if (pools === null || entry.faulty.has("header_nslots")) return;
      const payloadPools = pools.value as readonly PoolSetting[];
      const headerNslots = (values.get("header_nslots")?.value ?? DEFAULT_NSLOTS) as number;
      const large = payloadPools.find(({ strideBytes }) => headerNslots * strideBytes >= MAX_REGION_BYTES);
      if (large !== undefined) {
        const found = `${headerNslots} slots of ${large.strideBytes} bytes in pool ${large.poolId}`;
        throw problemAt(pools.origin, new ValueProblem(`less than ${MAX_REGION_BYTES} bytes in a region`, found));
      }
      profiles.set(name, { name, headerNslots, payloadPools });
    };
    for (const [name, entry] of this.#entries.profiles) attempt(() => readOne(name, entry));
    const named = this.#values.get("policies.default_profile");
    attempt(() => named !== undefined && this.#requireProfile(named));
    return profiles;
  }

  #readStreams(file: ConfigFile | null, attempt: Attempt): ReadonlyMap<string, StreamSetting> {
    const streams = new Map<string, StreamSetting>();
    const readOne = (name: string, entry: MergedEntry): void => {
      const { values } = entry;
      const named = values.get("profile");
      attempt(() => named !== undefined && this.#requireProfile(named));
      const id = requireLeaf("streams", name, "stream_id", entry, file);
      if (id === null) return;
      const { value, origin } = id;
      const streamId = value as number;
      const twin = [...streams.values()].find((stream) => stream.streamId === streamId);
      if (twin !== undefined) {
        throw problemAt(origin, new ValueProblem("each stream id once", `${streamId}, the id of streams.${twin.name}`));
      }
      const profile = (named?.value ?? this.get("policies.default_profile")) as string | null;
      if (profile === null) {
        // Profiles exist, but none could be read: their mistakes are reported.
        if (this.#broken.has("profiles") || this.#entries.profiles.size > 0 || entry.faulty.has("profile")) return;
        throw problemAt(origin, new ValueProblem("at least one [profiles.NAME] for its regions", "none"));
      }
      const descriptorStreamId = (values.get("descriptor_stream_id")?.value ?? DEFAULT_DESCRIPTOR_STREAM) as number;
      streams.set(name, { name, streamId, profile, descriptorStreamId });
    };
    for (const [name, entry] of this.#entries.streams) attempt(() => readOne(name, entry));
    return streams;
  }

  #requireProfile({ value, origin }: Sourced): void {
    const name = value as string;
    if (this.mayHave("profiles", name)) return;
    const names = [...this.#entries.profiles.keys()];
    const expected = names.length === 0 ? "a name of [profiles], which has none" : `one of ${names.join(", ")}`;
    throw problemAt(origin, new ValueProblem(expected, quoted(name), [], suggestion(name, names)));
  }
}

/** All values set for a general key, in order of precedence; each is checked, even if another one applies. @throws UsageError */
export function generalCandidates(key: GeneralKeyName, file: ConfigFile | null, env: Environment): Sourced[] {
  const { type } = GENERAL_KEYS[key] as GeneralKey<unknown>;
  const ofVariables = setVariables(variablesOfKey(key), env).map(({ name, text }) => parseVariable(type, name, text));
  const ofFile = file?.general.get(key);
  return ofFile === undefined ? ofVariables : [...ofVariables, ofFile];
}

/** @throws UsageError with the variable */
export function parseVariable<T>(type: ValueType<T>, name: string, text: string): Sourced<T> {
  requireExactVariable(name, text);
  return parseText(type, text, { kind: "variable", name });
}

/** @throws UsageError with the origin */
export function parseText<T>(type: ValueType<T>, text: string, origin: Origin): Sourced<T> {
  try {
    return { value: type.parse(text), origin };
  } catch (error) {
    throw error instanceof ValueProblem ? problemAt(origin, error) : error;
  }
}

function mergedEntries(
  table: NamedTable,
  file: ConfigFile | null,
  env: Environment,
  attempt: Attempt,
): ReadonlyMap<string, MergedEntry> {
  const merged = new Map<string, MergedEntry>();
  for (const [name, { values, faulty }] of file?.entries[table] ?? []) {
    merged.set(name, { values: new Map(values), faulty: new Set(faulty) });
  }
  const readOne = ({ name, text, entry: entryName, leaf }: EntryVariable): void => {
    const { type } = NAMED_TABLES[table][leaf] as GeneralKey<unknown>;
    if (!ENTRY_NAME.test(entryName)) {
      const expected = `a name of ${table} that begins with a letter or digit`;
      throw problemAt({ kind: "variable", name }, new ValueProblem(expected, entryName));
    }
    const entry = merged.get(entryName) ?? { values: new Map(), faulty: new Set() };
    merged.set(entryName, entry);
    entry.faulty.add(leaf);
    entry.values.set(leaf, parseVariable(type, name, text));
    entry.faulty.delete(leaf);
  };
  for (const variable of entryVariables(table, [...merged.keys()], env)) attempt(() => readOne(variable));
  return merged;
}

/** Null if it is set incorrectly, which is already reported. @throws UsageError if it is missing */
function requireLeaf(
  table: NamedTable,
  name: string,
  leaf: string,
  { values, faulty }: MergedEntry,
  file: ConfigFile | null,
): Sourced | null {
  if (faulty.has(leaf)) return null;
  const set = values.get(leaf);
  if (set !== undefined) return set;
  const { type } = NAMED_TABLES[table][leaf] as GeneralKey<unknown>;
  const origin = file?.entries[table].get(name)?.origin ?? [...values.values()][0]?.origin ?? DEFAULT_ORIGIN;
  throw problemAt(origin, new ValueProblem(`${leaf}: ${type.expected}`, "nothing"));
}

function asWritten(type: ValueType, value: unknown): unknown {
  return type.write === undefined ? value : type.write(value);
}

/** Defaults are written as TOML, so that new files can contain them. */
function readDefault(type: ValueType, literal: string): unknown {
  const value = parseTomlLiteral(literal);
  if (value === null) throw new TypeError(`the default ${literal} is no TOML`);
  return type.read(value);
}
