/** The values that a NumPy header may hold. A list is only recognised, not read: it means a structured dtype. */
export type PythonLiteral =
  | string
  | boolean
  | number
  | readonly number[]
  | { readonly unread: "list" | "nested tuple" };

/** What is wrong with a header's dictionary, and where. */
export class PythonLiteralError extends Error {}

/**
 * Reads the dictionary literal of an npy header and nothing else of Python: string keys; values that are strings, booleans,
 * integers or tuples of integers. @throws PythonLiteralError
 */
export function parsePythonDict(text: string): ReadonlyMap<string, PythonLiteral> {
  return new Reader(text).dict();
}

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
      const key = this.#string();
      if (entries.has(key)) throw this.#problem(`each key once, found '${key}' twice`);
      this.#expect(":");
      const value = this.#value();
      entries.set(key, value);
      // What follows a structured dtype cannot be found without reading it, and need not be.
      if (typeof value === "object" && "unread" in value) return entries;
      if (!this.#take(",")) {
        this.#expect("}");
        break;
      }
    }
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#problem("nothing but spaces after the dictionary");
    return entries;
  }

  #value(): PythonLiteral {
    this.#skipSpace();
    const next = this.#text[this.#at] ?? "";
    if (next === "'" || next === '"') return this.#string();
    if (next === "[") return { unread: "list" };
    if (next === "(") return this.#tuple();
    const word = /^(True|False|-?\d{1,20}L?)(?![\w.])/.exec(this.#text.slice(this.#at, this.#at + 24))?.[1];
    if (word === undefined) throw this.#problem("a string, True, False, an integer or a tuple");
    this.#at += word.length;
    // Python 2 wrote long integers with an L.
    return word === "True" ? true : word === "False" ? false : Number(word.replace("L", ""));
  }

  #tuple(): PythonLiteral {
    const items: number[] = [];
    this.#expect("(");
    let isTuple = false;
    while (!this.#take(")")) {
      const item = this.#value();
      if (typeof item !== "number") return { unread: "nested tuple" };
      items.push(item);
      if (!this.#take(",")) {
        this.#expect(")");
        break;
      }
      isTuple = true;
    }
    // (5) is a number in Python, not a tuple of one.
    if (items.length === 1 && !isTuple) return items[0] as number;
    return items;
  }

  #string(): string {
    this.#skipSpace();
    const quote = this.#text[this.#at];
    if (quote !== "'" && quote !== '"') throw this.#problem("a string in quotes");
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) throw this.#problem("a closing quote");
    const value = this.#text.slice(this.#at + 1, end);
    if (value.includes("\\")) throw this.#problem("a string without escapes");
    this.#at = end + 1;
    return value;
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

  #skipSpace(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #problem(expected: string): PythonLiteralError {
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text.slice(this.#at, this.#at + 16)) : "its end";
    return new PythonLiteralError(`expected ${expected} at character ${this.#at} of the header, found ${found}`);
  }
}
