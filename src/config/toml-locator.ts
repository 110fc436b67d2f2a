import { formatPath, type TomlPath } from "./toml-path.ts";

/**
 * Finds the line of each key of a TOML document. It follows the structure of a document that the parser has already accepted (TOML 1.0, and
 * 1.1's line breaks within inline tables), so it checks nothing itself.
 */
export function locateKeys(text: string): ReadonlyMap<string, number> {
  return new Locator(text).run();
}

const BARE_KEY = /[A-Za-z0-9_-]/;

class Locator {
  readonly #text: string;
  readonly #lines = new Map<string, number>();
  /** Number of elements of each array of tables, by its path. */
  readonly #tableCounts = new Map<string, number>();
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  run(): ReadonlyMap<string, number> {
    let table: TomlPath = [];
    for (;;) {
      this.#skipSpace();
      if (this.#at >= this.#text.length) return this.#lines;
      if (this.#peek() === "[") table = this.#header();
      else this.#pair(table);
    }
  }

  /** `[a.b]` or `[[a.b]]`; returns the path of the table that it opens. */
  #header(): TomlPath {
    const isArray = this.#text.startsWith("[[", this.#at);
    this.#at += isArray ? 2 : 1;
    const keys = this.#keys();
    this.#at += isArray ? 2 : 1;
    const path: (string | number)[] = [];
    for (const [i, key] of keys.entries()) {
      path.push(key);
      this.#note(path);
      const text = formatPath(path);
      const count = this.#tableCounts.get(text);
      if (isArray && i === keys.length - 1) {
        this.#tableCounts.set(text, (count ?? 0) + 1);
        path.push(count ?? 0);
        this.#note(path);
      } else if (count !== undefined) {
        path.push(count - 1);
      }
    }
    return path;
  }

  /** `a.b = value`, below `table`. */
  #pair(table: TomlPath): void {
    const path = [...table];
    for (const key of this.#keys()) {
      path.push(key);
      this.#note(path);
    }
    this.#at += 1;
    this.#value(path);
  }

  /** The keys of `a . "b"`, and the space after them. */
  #keys(): string[] {
    const keys: string[] = [];
    do {
      if (this.#peek() === ".") this.#at += 1;
      this.#skipBlanks();
      keys.push(this.#key());
      this.#skipBlanks();
    } while (this.#peek() === ".");
    return keys;
  }

  #key(): string {
    const start = this.#at;
    if (this.#peek() === '"' || this.#peek() === "'") {
      this.#string();
      const quoted = this.#text.slice(start, this.#at);
      return quoted.startsWith("'") ? quoted.slice(1, -1) : unescaped(quoted.slice(1, -1));
    }
    while (BARE_KEY.test(this.#peek())) this.#at += 1;
    // A character that no accepted document has here must not cause an endless loop.
    if (this.#at === start) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #value(path: TomlPath): void {
    this.#skipSpace();
    switch (this.#peek()) {
      case '"':
      case "'":
        this.#string();
        break;
      case "[":
        this.#elements("]", (index) => {
          const element = [...path, index];
          this.#note(element);
          this.#value(element);
        });
        break;
      case "{":
        this.#elements("}", () => this.#pair(path));
        break;
      default:
        while (this.#at < this.#text.length && !/[,\]}#\n]/.test(this.#peek())) this.#at += 1;
    }
  }

  /** The content of brackets, one element after the other. */
  #elements(end: string, element: (index: number) => void): void {
    this.#at += 1;
    for (let index = 0; ; index++) {
      this.#skipSpace();
      if (this.#peek() === ",") this.#at += 1;
      this.#skipSpace();
      if (this.#peek() === end || this.#at >= this.#text.length) break;
      const start = this.#at;
      element(index);
      // As with keys, a bracket of the other kind must not cause an endless loop.
      if (this.#at === start) this.#at += 1;
    }
    this.#at += 1;
  }

  #string(): void {
    const quote = this.#peek();
    const triple = quote.repeat(3);
    if (this.#text.startsWith(triple, this.#at)) {
      this.#at += 3;
      while (this.#at < this.#text.length && !this.#text.startsWith(triple, this.#at)) this.#character(quote);
      this.#at += 3;
      // Up to two quotes may precede the closing ones.
      while (this.#peek() === quote) this.#at += 1;
      return;
    }
    this.#at += 1;
    while (this.#at < this.#text.length && this.#peek() !== quote) this.#character(quote);
    this.#at += 1;
  }

  /** One character of a string, or an escape. */
  #character(quote: string): void {
    if (quote === '"' && this.#peek() === "\\") this.#at += 1;
    if (this.#peek() === "\n") this.#line += 1;
    this.#at += 1;
  }

  /** Space, line ends and comments. */
  #skipSpace(): void {
    for (;;) {
      this.#skipBlanks();
      if (this.#peek() === "#") {
        while (this.#at < this.#text.length && this.#peek() !== "\n") this.#at += 1;
      } else if (this.#peek() === "\n") {
        this.#line += 1;
        this.#at += 1;
      } else {
        return;
      }
    }
  }

  #skipBlanks(): void {
    while (/[ \t\r]/.test(this.#peek())) this.#at += 1;
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  /** The first mention of a path counts. */
  #note(path: TomlPath): void {
    const text = formatPath(path);
    if (!this.#lines.has(text)) this.#lines.set(text, this.#line);
  }
}

/** The text of a basic string. */
function unescaped(body: string): string {
  const short: Record<string, string> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\u001b" };
  return body.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))/g,
    (_all, four?: string, eight?: string, two?: string, letter?: string) => {
      const digits = four ?? eight ?? two;
      return digits === undefined
        ? (short[letter ?? ""] ?? letter ?? "")
        : String.fromCodePoint(Number.parseInt(digits, 16));
    },
  );
}
