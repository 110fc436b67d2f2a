/** A Python tuple or list. */
export class PythonSequence {
  readonly kind: "tuple" | "list";
  readonly items: readonly PythonLiteral[];

  constructor(kind: "tuple" | "list", items: readonly PythonLiteral[]) {
    this.kind = kind;
    this.items = items;
  }
}

/** A literal whose value is never needed: a bytes string, a float, None. Kept as text. */
class OtherLiteral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Possible values in a NumPy header. */
export type PythonLiteral = string | boolean | number | PythonSequence | OtherLiteral;

/** A fault in a header's dictionary, and its position. */
export class PythonLiteralError extends Error {}

/**
 * Parses the dictionary literal of an npy header like Python's `ast.literal_eval`: strings, numbers, True, False, None, tuples, lists and
 * comments. @throws PythonLiteralError
 */
export function parsePythonDict(text: string): ReadonlyMap<string, PythonLiteral> {
  return new Reader(text).dict();
}

/** A value in the form printed by Python. */
export function pythonText(value: PythonLiteral): string {
  if (typeof value === "string") return `'${value}'`;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (value instanceof OtherLiteral) return value.text;
  const items = value.items.map(pythonText).join(", ");
  if (value.kind === "list") return `[${items}]`;
  return value.items.length === 1 ? `(${items},)` : `(${items})`;
}

/** Deeper nesting is rejected: the longest sensible dtype has a few levels. */
const MAX_DEPTH = 32;

const INTEGER = /[+-]?(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*)L?(?![\w.])/y;
const OTHER = /(?:None|[+-]?(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d+)?[jJ]?)(?![\w.])/y;
const WORD = /(?:True|False)(?!\w)/y;
const STRING_START = /([bBuUrR]{0,2})('''|"""|'|")/y;

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  n: "\n",
  r: "\r",
  t: "\t",
  "\n": "",
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  dict(): ReadonlyMap<string, PythonLiteral> {
    const entries = new Map<string, PythonLiteral>();
    this.#expect("{");
    while (!this.#take("}")) {
      const key = this.#value(0);
      if (typeof key !== "string") throw this.#problem("a string in quotes as a key");
      this.#expect(":");
      // As in Python, the last of several equal keys counts.
      entries.set(key, this.#value(0));
      if (!this.#take(",")) {
        this.#expect("}");
        break;
      }
    }
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#problem("nothing after the dictionary");
    return entries;
  }

  #value(depth: number): PythonLiteral {
    if (depth > MAX_DEPTH) throw this.#problem(`at most ${MAX_DEPTH} levels of brackets`);
    this.#skipSpace();
    const next = this.#text[this.#at];
    if (next === "(") return this.#sequence("tuple", ")", depth);
    if (next === "[") return this.#sequence("list", "]", depth);
    const word = this.#match(WORD)?.[0];
    if (word !== undefined) return word === "True";
    const integer = this.#match(INTEGER)?.[0];
    if (integer !== undefined) return integerOf(integer);
    const string = this.#string();
    if (string !== null) return string;
    const other = this.#match(OTHER)?.[0];
    if (other !== undefined) return new OtherLiteral(other);
    throw this.#problem("a string, a number, True, False, a tuple or a list");
  }

  #sequence(kind: "tuple" | "list", end: string, depth: number): PythonLiteral {
    const items: PythonLiteral[] = [];
    this.#at++;
    let hasComma = false;
    while (!this.#take(end)) {
      items.push(this.#value(depth + 1));
      if (!this.#take(",")) {
        this.#expect(end);
        break;
      }
      hasComma = true;
    }
    // (5) is a number in Python, not a tuple of one.
    if (kind === "tuple" && items.length === 1 && !hasComma) return items[0] as PythonLiteral;
    return new PythonSequence(kind, items);
  }

  /** A string, or several adjacent ones joined as in Python; null if there is none. */
  #string(): PythonLiteral | null {
    let value: string | null = null;
    for (;;) {
      this.#skipSpace();
      const start = this.#at;
      const [, prefix = "", quote] = this.#match(STRING_START) ?? [];
      if (quote === undefined) return value;
      const part = this.#stringBody(quote, /r/i.test(prefix));
      if (/b/i.test(prefix)) return new OtherLiteral(this.#text.slice(start, this.#at));
      value = (value ?? "") + part;
    }
  }

  #stringBody(quote: string, isRaw: boolean): string {
    let value = "";
    for (;;) {
      if (this.#at >= this.#text.length) throw this.#problem("a closing quote");
      if (this.#text.startsWith(quote, this.#at)) {
        this.#at += quote.length;
        return value;
      }
      const char = this.#text[this.#at++] as string;
      if (char === "\n" && quote.length === 1) throw this.#problem("a closing quote before the line's end");
      value += char === "\\" && !isRaw ? this.#escape() : char;
    }
  }

  #escape(): string {
    const numeric = this.#match(/x([\da-fA-F]{2})|u([\da-fA-F]{4})|([0-7]{1,3})/y);
    if (numeric !== null) {
      const [, byte, unit, octal] = numeric;
      return String.fromCharCode(
        octal === undefined ? Number.parseInt(byte ?? unit ?? "", 16) : Number.parseInt(octal, 8),
      );
    }
    const char = this.#text[this.#at++] ?? "";
    return ESCAPES[char] ?? `\\${char}`;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #take(char: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string): void {
    if (!this.#take(char)) throw this.#problem(`"${char}"`);
  }

  /** Spaces, line ends and comments, as Python skips them within brackets. */
  #skipSpace(): void {
    this.#match(/(?:[ \t\r\n\f]|#[^\n]*|\\\r?\n)*/y);
  }

  #problem(expected: string): PythonLiteralError {
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text.slice(this.#at, this.#at + 16)) : "its end";
    return new PythonLiteralError(`expected ${expected} at character ${this.#at} of the header, found ${found}`);
  }
}

function integerOf(text: string): number {
  // Python 2 wrote long integers with an L.
  const digits = text.replace(/[_L+-]/g, "");
  return (text.startsWith("-") ? -1 : 1) * Number(digits);
}
