const CONTROL_CHARACTERS = /\p{Cc}|\u2028|\u2029|[\u202a-\u202e\u2066-\u2069]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Makes foreign text (names, paths, messages of other processes) safe for a terminal and for one line: control characters, which could move
 * the cursor or forge lines, are shown as escapes.
 */
export function printable(text: string): string {
  return text.replace(CONTROL_CHARACTERS, (character) => {
    const code = character.charCodeAt(0);
    return SHORT_ESCAPES[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

/** Such text in quotes, for use in a sentence, with at most `maxCharacters`. */
export function quoted(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  return `"${printable(cut(text, maxCharacters).replace(/["\\]/g, "\\$&"))}"`;
}

/** Such text on one line, with at most `maxCharacters`. */
export function shortened(text: string, maxCharacters: number): string {
  return printable(cut(text, maxCharacters));
}

function cut(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/** JSON of any value: big integers as decimal strings, values that JSON cannot express as a sentence. Never throws. */
export function toJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, bigintAsText, indent) ?? "null";
  } catch (error) {
    return JSON.stringify(`[not expressible as JSON: ${error instanceof Error ? error.message : String(error)}]`);
  }
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
