import { describe, expect, test } from "bun:test";
import { quoted, shortened } from "../../src/core/text.ts";

describe("text of other processes in a sentence", () => {
  test("stays in its quotes and on its line, whatever it holds", () => {
    expect(quoted('a "b" \\ c')).toBe('"a \\"b\\" \\\\ c"');
    expect(quoted("\u001b[2J\n\u2028\u202ex\u0085")).toBe('"\\x1b[2J\\n\\u2028\\u202ex\\x85"');
  });

  test("is as long as a message has room for", () => {
    expect(quoted("abcdef", 3)).toBe('"abc…"');
    expect([shortened("abc", 3), shortened("abcd", 3)]).toEqual(["abc", "abc…"]);
  });
});
