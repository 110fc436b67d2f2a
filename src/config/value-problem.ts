import { UsageError } from "../core/errors.ts";
import type { TomlPath } from "./toml-path.ts";

/** A value that its setting does not accept; the caller that knows its place reports it. */
export class ValueProblem extends UsageError {
  /** The part of the value that is wrong, if it has parts. */
  readonly path: TomlPath;
  /** Problems of other parts of the same value. */
  readonly others: readonly ValueProblem[];
  readonly #hint: string;

  constructor(expected: string, found: string, path: TomlPath = [], hint = "", others: readonly ValueProblem[] = []) {
    super(`expected ${expected}, found ${found}${hint}`, { expected, found });
    this.path = path;
    this.others = others;
    this.#hint = hint;
  }

  /** This problem, and those of other parts. */
  get all(): readonly ValueProblem[] {
    return [this, ...this.others];
  }

  /** This problem without those of other parts. */
  get alone(): ValueProblem {
    return this.others.length === 0
      ? this
      : new ValueProblem(this.expected ?? "", this.found ?? "", this.path, this.#hint);
  }

  /** The same problem, as one of a part of a larger value. */
  within(part: string | number): ValueProblem {
    const others = this.others.map((other) => other.within(part));
    return new ValueProblem(this.expected ?? "", this.found ?? "", [part, ...this.path], this.#hint, others);
  }

  /** The same problem, with those of other parts. */
  with(others: readonly ValueProblem[]): ValueProblem {
    return new ValueProblem(this.expected ?? "", this.found ?? "", this.path, this.#hint, [...this.others, ...others]);
  }
}

/** Reads a part of a larger value. @throws ValueProblem with the place of the part */
export function within<T>(part: string | number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ValueProblem ? error.within(part) : error;
  }
}

/** Reads all parts of a value, including those after a wrong one. @throws ValueProblem with the problems of all parts */
export function readParts<T>(parts: readonly (() => T)[]): T[] {
  const problems: ValueProblem[] = [];
  const values = parts.flatMap((part) => {
    try {
      return [part()];
    } catch (error) {
      if (!(error instanceof ValueProblem)) throw error;
      problems.push(...error.all.map((each) => each.alone));
      return [];
    }
  });
  const [first, ...others] = problems;
  if (first !== undefined) throw first.with(others);
  return values;
}
