import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse, TomlDate, TomlError, type TomlTable, type TomlValue } from "smol-toml";
import { messageOf, NotFoundError, UsageError } from "../core/errors.ts";
import { readProblem } from "../core/system-errors.ts";
import { quoted } from "../core/text.ts";
import type { Origin } from "./origin.ts";
import { locateKeys } from "./toml-locator.ts";
import { formatPath, type TomlPath } from "./toml-path.ts";

export type { TomlTable, TomlValue } from "smol-toml";

/** A parsed TOML text; integers are exact. */
export class TomlDocument {
  /** The document's name in messages. */
  readonly name: string;
  readonly root: TomlTable;
  readonly #lines: ReadonlyMap<string, number>;

  /** @throws UsageError with line and column if the text is not TOML */
  constructor(name: string, text: string) {
    this.name = name;
    // Some editors add a byte order mark.
    const document = text.startsWith("\ufeff") ? text.slice(1) : text;
    try {
      this.root = parse(document, { integersAsBigInt: true });
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      const [reason = ""] = error.message.split("\n");
      const detail = reason.replace(/^Invalid TOML document: /, "");
      const written = document.split("\n")[error.line - 1]?.trim() ?? "";
      throw new UsageError(
        `${name}:${error.line}:${error.column}: expected TOML, found ${quoted(written)}: ${detail}; the rest of the file was not read`,
        { expected: "TOML", found: written, cause: error },
      );
    }
    this.#lines = locateKeys(document);
  }

  /** @throws NotFoundError if there is no such file, UsageError if it cannot be read or is not TOML in UTF-8 */
  static read(path: string): TomlDocument {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (isAbsent)
        throw new NotFoundError(`${path}: there is no such file (\`tensorpool config init --to FILE\` writes one)`, {
          found: path,
        });
      const errno = (error as NodeJS.ErrnoException).code ?? messageOf(error);
      throw new UsageError(`${path}: cannot be read: ${readProblem(errno)}`, {
        found: path,
        cause: error,
      });
    }
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (error) {
      throw new UsageError(`${path}: the file is not text in UTF-8: save it as such`, {
        expected: "UTF-8",
        cause: error,
      });
    }
    return new TomlDocument(basename(path), text);
  }

  /** Line of the value, or of the nearest enclosing one. */
  lineOf(path: TomlPath): number {
    for (let length = path.length; length > 0; length--) {
      const line = this.#lines.get(formatPath(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }

  originOf(path: TomlPath): Extract<Origin, { kind: "file" }> {
    return { kind: "file", file: this.name, line: this.lineOf(path), key: formatPath(path) };
  }
}

/** Reads one TOML value from an environment variable; null if the text is not a value. */
export function parseTomlLiteral(text: string): TomlValue | null {
  try {
    const table = parse(`value = ${text}`, { integersAsBigInt: true });
    // Text with line ends could add further keys.
    return Object.keys(table).length === 1 ? (table.value ?? null) : null;
  } catch (error) {
    if (error instanceof TomlError) return null;
    throw error;
  }
}

export function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof TomlDate) && !(value instanceof Date);
}

/** Describes an unexpected value for an error message. */
export function describeToml(value: TomlValue | undefined): string {
  if (typeof value === "string") return `the text ${quoted(value)}`;
  if (typeof value === "object") {
    if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
    return isTable(value) ? "a table" : `the date or time ${JSON.stringify(value).slice(1, -1)}`;
  }
  return String(value);
}
