import { UsageError } from "../core/errors.ts";
import { nearest, suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import {
  ENTRY_NAME,
  GENERAL_KEY_NAMES,
  GENERAL_KEYS,
  type GeneralKey,
  NAMED_TABLES,
  type NamedTable,
} from "./general-keys.ts";
import { type Attempt, untilFirst } from "./mistakes.ts";
import { describeOrigin, type Origin } from "./origin.ts";
import { COMMON_TABLE, flagsInFile, keyOfFlag, type OptionSpec, type SettingsSchema } from "./role-schema.ts";
import { describeToml, isTable, TomlDocument, type TomlTable, type TomlValue } from "./toml-document.ts";
import type { TomlPath } from "./toml-path.ts";
import { ValueProblem } from "./value-problem.ts";
import { text, type ValueType } from "./value-type.ts";

/** A value of the file, with the type of its key. */
export interface FileValue {
  readonly value: unknown;
  readonly origin: Origin;
}

/** One table of flags. */
export interface RoleTable {
  /** `producers[0]`, or `demo`. */
  readonly key: string;
  readonly origin: Origin;
  /** Values by the names of the flags, with dashes. Includes "name", which selects the table, even if it is not a flag. */
  readonly values: ReadonlyMap<string, FileValue>;
  /** Flags that the table sets incorrectly, or under a name that was probably meant for them: their values are unknown. */
  readonly faulty: ReadonlySet<string>;
}

/** An entry of `[profiles]` or `[streams]`. */
export interface FileEntry {
  readonly origin: Origin;
  readonly values: ReadonlyMap<string, FileValue>;
  /** Keys that are set incorrectly, or under a name that was probably meant for them: they do not count as missing. */
  readonly faulty: ReadonlySet<string>;
}

/** The key by which `--use` selects a table; for producers it is also a flag. */
const LABEL: OptionSpec = {
  name: "name",
  type: text("a name", "viewer"),
  value: "NAME",
  help: "what --use chooses it by",
};

/** A settings file in which all keys are known and all values have the types of their keys. */
export class ConfigFile {
  readonly name: string;
  readonly general = new Map<string, FileValue>();
  readonly entries: Readonly<Record<NamedTable, Map<string, FileEntry>>> = { profiles: new Map(), streams: new Map() };
  /** Named tables that are not tables in the file: their entries are unknown. */
  readonly broken = new Set<NamedTable>();
  readonly common = new Map<string, FileValue>();
  /** Flags that `[common]` sets incorrectly. */
  readonly faultyCommon = new Set<string>();
  /** Tables by the names of roles. */
  readonly tables = new Map<string, readonly RoleTable[]>();
  readonly #document: TomlDocument;
  readonly #schema: SettingsSchema;
  readonly #attempt: Attempt;

  /** @throws UsageError with file, line and key */
  constructor(document: TomlDocument, schema: SettingsSchema, attempt: Attempt = untilFirst) {
    this.#document = document;
    this.#attempt = attempt;
    this.#schema = schema;
    this.name = document.name;
    const sections = new Set(GENERAL_KEY_NAMES.map((key) => key.split(".")[0] as string));
    const known = [...sections, ...Object.keys(NAMED_TABLES), COMMON_TABLE, ...schema.roles.map(({ table }) => table)];
    const readKey = (key: string, value: TomlValue): void => {
      const role = schema.roles.find(({ table }) => table === key);
      if (sections.has(key)) this.#readSection(key, value);
      else if (key === "profiles" || key === "streams") this.#readEntries(key, value);
      else if (key === COMMON_TABLE) this.#readFlags([key], value, schema.common, this.common, this.faultyCommon);
      else if (role?.isArray === true) this.tables.set(role.name, this.#readArray(key, value, role.flags));
      else if (role !== undefined) this.tables.set(role.name, [this.#readTable([key], value, role.flags)]);
      else throw this.#unknown([key], known);
    };
    for (const [key, value] of Object.entries(document.root)) this.#attempt(() => readKey(key, value));
  }

  /** @throws NotFoundError, UsageError */
  static read(path: string, schema: SettingsSchema, attempt: Attempt = untilFirst): ConfigFile {
    return new ConfigFile(TomlDocument.read(path), schema, attempt);
  }

  #readSection(section: string, table: TomlValue): void {
    const start = `${section}.`;
    const keys = GENERAL_KEY_NAMES.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
    this.#eachMember([section], table, (key, value) => {
      if (!keys.includes(key)) throw this.#unknown([section, key], keys);
      const name = `${start}${key}` as (typeof GENERAL_KEY_NAMES)[number];
      this.general.set(name, this.#readValue([section, key], value, GENERAL_KEYS[name].type));
    });
  }

  #readEntries(table: NamedTable, value: TomlValue): void {
    const keys: Readonly<Record<string, GeneralKey<unknown>>> = NAMED_TABLES[table];
    const leaves = Object.keys(keys);
    if (!isTable(value)) this.broken.add(table);
    this.#eachMember([table], value, (name, entry) => {
      if (!ENTRY_NAME.test(name)) {
        const expected = "a name of letters, digits and _.- that does not begin with a sign";
        throw this.#wrong([table, name], expected, quoted(name));
      }
      const values = new Map<string, FileValue>();
      const faulty = new Set(isTable(entry) ? [] : leaves);
      this.entries[table].set(name, { origin: this.#document.originOf([table, name]), values, faulty });
      this.#eachMember([table, name], entry, (leaf, leafValue) => {
        const key = Object.hasOwn(keys, leaf) ? keys[leaf] : undefined;
        faulty.add(key === undefined ? (nearest(leaf, leaves) ?? leaf) : leaf);
        if (key === undefined) throw this.#unknown([table, name, leaf], leaves);
        values.set(leaf, this.#readValue([table, name, leaf], leafValue, key.type));
        faulty.delete(leaf);
      });
    });
  }

  #readArray(table: string, value: TomlValue, flags: readonly OptionSpec[]): RoleTable[] {
    if (!Array.isArray(value)) throw this.#wrong([table], `an array of tables, [[${table}]]`, describeToml(value));
    const withLabel = flags.some(({ name }) => name === LABEL.name) ? flags : [LABEL, ...flags];
    return value.map((entry, i) => this.#readTable([table, i], entry, withLabel));
  }

  #readTable(path: TomlPath, value: TomlValue, flags: readonly OptionSpec[]): RoleTable {
    const values = new Map<string, FileValue>();
    const faulty = new Set<string>();
    const origin = this.#document.originOf(path);
    // A value that is not a table has no entries, and is a mistake of its own.
    this.#attempt(() => this.#readFlags(path, value, flags, values, faulty));
    return { key: origin.key, origin, values, faulty };
  }

  #readFlags(
    path: TomlPath,
    value: TomlValue,
    flags: readonly OptionSpec[],
    into: Map<string, FileValue>,
    faulty: Set<string>,
  ): void {
    const settable = flagsInFile(flags);
    const keys = settable.map(({ name }) => keyOfFlag(name));
    this.#eachMember(path, value, (key, member) => {
      const flag = settable[keys.indexOf(key)];
      faulty.add(flag?.name ?? settable[keys.indexOf(nearest(key, keys) ?? key)]?.name ?? key);
      if (flag === undefined) throw this.#unknown([...path, key], keys);
      into.set(flag.name, this.#readValue([...path, key], member, flag.type));
      faulty.delete(flag.name);
    });
  }

  #readValue(path: TomlPath, value: TomlValue, type: ValueType): FileValue {
    try {
      return {
        value: type.read(value),
        origin: this.#document.originOf(path),
      };
    } catch (error) {
      if (!(error instanceof ValueProblem)) throw error;
      const located = error.all.map((each) => problemAt(this.#document.originOf([...path, ...each.path]), each));
      for (const problem of located) {
        this.#attempt(() => {
          throw problem;
        });
      }
      throw located[0];
    }
  }

  #eachMember(path: TomlPath, value: TomlValue, read: (key: string, member: TomlValue) => void): void {
    if (!isTable(value)) throw this.#wrong(path, "a table", describeToml(value));
    for (const [key, member] of Object.entries(value as TomlTable)) this.#attempt(() => read(key, member));
  }

  #unknown(path: TomlPath, known: readonly string[]): UsageError {
    const key = String(path.at(-1));
    const where = describeOrigin(this.#document.originOf(path));
    const isElsewhere = this.#schema.roles.some(({ table }) => table === key);
    const guess = isElsewhere && path.length > 1 ? `; [${key}] is a table at the top level` : suggestion(key, known);
    return new UsageError(`${where}: unknown key${guess === "" ? `: expected one of ${known.join(", ")}` : guess}`, {
      expected: known.join(", "),
      found: key,
    });
  }

  #wrong(path: TomlPath, expected: string, found: string): UsageError {
    return problemAt(this.#document.originOf(path), new ValueProblem(expected, found));
  }
}

/** The problem of a value, with the place of the value. */
export function problemAt(origin: Origin, problem: UsageError): UsageError {
  const { expected = "", found = "" } = problem;
  return new UsageError(`${describeOrigin(origin)}: ${problem.message}`, { expected, found, cause: problem });
}
