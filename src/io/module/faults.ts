import { TensorPoolError } from "../../core/errors.ts";
import { SinkError, SourceError } from "../errors.ts";

interface Position {
  readonly file?: string;
  readonly line: number;
  readonly column: number;
}

/** Errors about one user's module: `SourceError` or `SinkError` of code "module" that name it. */
export class ModuleFaults {
  readonly side: "source" | "sink";
  /** As given by the user. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;

  constructor(side: "source" | "sink", path: string, file: string) {
    this.side = side;
    this.path = path;
    this.file = file;
  }

  /** An error from the expected and the actual behaviour of the module. */
  fault(expected: string, found: string, cause?: unknown): SourceError | SinkError {
    const message = `module:${this.path}: expected ${expected}, found ${found}`;
    const details = { expected, found, cause };
    return this.side === "source"
      ? new SourceError("module", message, details)
      : new SinkError("module", message, details);
  }

  aborted(what: string): SourceError | SinkError {
    const message = `module:${this.path}: given up while waiting for ${what}`;
    return this.side === "source" ? new SourceError("aborted", message) : new SinkError("aborted", message);
  }

  /** The module threw: the error, and its place in the file. */
  thrown(expected: string, error: unknown): SourceError | SinkError {
    if (error instanceof TensorPoolError && error.code === "module") return error as SourceError | SinkError;
    return this.fault(expected, this.#describe(error), error);
  }

  #describe(error: unknown): string {
    // A compilation may report several errors together.
    const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
    const position = this.#positionOf(first);
    const where = position === null ? "" : ` (${position.file ?? this.path}:${position.line}:${position.column})`;
    const kind = kindOf(first);
    const text = isMessage(first) ? first.message : JSON.stringify(first);
    return `${kind}${text}${where}`;
  }

  #positionOf(error: unknown): Position | null {
    if (typeof error !== "object" || error === null) return null;
    if ("position" in error && isPosition(error.position)) {
      const { file = "", line, column } = error.position;
      return { ...(file === "" || file === this.file ? {} : { file }), line, column };
    }
    if (!("stack" in error) || typeof error.stack !== "string") return null;
    const at = error.stack.indexOf(`${this.file}:`);
    const [, line, column] = at < 0 ? [] : (/^:(\d+):(\d+)/.exec(error.stack.slice(at + this.file.length)) ?? []);
    return line === undefined ? null : { line: Number(line), column: Number(column) };
  }
}

/** The class of an error, as `TypeError: `; an error in the file's syntax is named as such. */
function kindOf(error: unknown): string {
  if (!isMessage(error)) return "a thrown ";
  const { name = "Error" } = error;
  if (name === "ResolveMessage") return "";
  return name === "BuildMessage" ? "syntax error: " : `${name}: `;
}

/** Bun's own messages about a file are not instances of Error. */
function isMessage(error: unknown): error is { readonly message: string; readonly name?: string } {
  return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
}

function isPosition(value: unknown): value is Position {
  return typeof value === "object" && value !== null && "line" in value && "column" in value;
}

/** True for anything that can be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** True for an object, whose properties can be read. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A value for a message: `a promise`, `"text"`, `an array`, `an object with fill, layout`. */
export function describe(value: unknown): string {
  if (isThenable(value)) return "a promise";
  if (value === undefined || value === null) return String(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  const keys = Object.keys(value);
  return keys.length === 0 ? "an object without properties" : `an object with ${keys.join(", ")}`;
}

/** Ignores an unwanted promise: another error has already reported it. */
export function disregard(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => undefined);
}
