import { describe, expect, test } from "bun:test";
import { TomlDocument } from "../../src/config/toml-document.ts";
import { locateKeys } from "../../src/config/toml-locator.ts";
import { formatPath } from "../../src/config/toml-path.ts";

describe("where keys of a TOML file stand", () => {
  const linesOf = (text: string): Record<string, number> => Object.fromEntries(locateKeys(text));

  test("tables, dotted keys and comments", () => {
    const text = '# one\n\n[a . b] # [x]\nc = 1\n  d.e = "#\\""\n[f]\ng = 2 # h = 3\n';
    expect(linesOf(text)).toEqual({ a: 3, "a.b": 3, "a.b.c": 4, "a.b.d": 5, "a.b.d.e": 5, f: 6, "f.g": 7 });
  });

  test("arrays of tables count, and tables below one belong to its last element", () => {
    const text = "[[p]]\nx = 1\n[[p]]\n[p.q]\ny = 2\n[[p.r]]\nz = 3\n";
    const lines = linesOf(text);
    expect(lines).toMatchObject({ "p[0]": 1, "p[0].x": 2, "p[1]": 3, "p[1].q": 4, "p[1].q.y": 5 });
    expect(lines["p[1].r[0].z"]).toBe(7);
  });

  test("strings over several lines, with quotes and brackets in them, do not confuse it", () => {
    const text = `a = """\nb = 1\n\\""" [c]\n"quoted" """"\nd = '''\n# e\n''''\nf = '\\'\ng = 1\n`;
    const lines = linesOf(text);
    expect(lines).toEqual({ a: 1, d: 5, f: 8, g: 9 });
  });

  test("arrays and inline tables over several lines", () => {
    const text = 'pools = [\n  { id = 1, # first\n    stride = "64KiB" },\n  { id = 2 },\n]\nnext = [[1, 2], [3]]\n';
    expect(linesOf(text)).toMatchObject({
      "pools[0].id": 2,
      "pools[0].stride": 3,
      "pools[1].id": 4,
      next: 6,
      "next[1][0]": 6,
    });
  });

  test("quoted keys are the keys that they stand for; line ends may have carriage returns", () => {
    expect(linesOf("a = 1\r\n\"b \\u0063\" = 2\r\n'd.e' = 3\r\n")).toEqual({ a: 1, '"b c"': 2, '"d.e"': 3 });
  });

  test("any text at all comes to an end", () => {
    for (const text of ["[", "[[", '"', "a = {", "a = [", "=", "a = [ { ", "'''", "]", "}"]) {
      expect(locateKeys(text)).toBeInstanceOf(Map);
    }
  });

  test("paths are written as a person would", () => {
    expect(formatPath(["producers", 0, "rate"])).toBe("producers[0].rate");
    expect(formatPath(["profiles", "a b", "payload_pools", 1])).toBe('profiles."a b".payload_pools[1]');
  });
});

describe("TOML documents", () => {
  test("integers are exact", () => {
    expect(new TomlDocument("x.toml", "a = 9007199254740993").root.a).toBe(9007199254740993n);
  });

  test("what is no TOML is refused with line and column", () => {
    const read = (): TomlDocument => new TomlDocument("x.toml", "a = 1\nb = \n");
    expect(read).toThrow('x.toml:2:5: expected TOML, found "b =": invalid value');
    expect(() => new TomlDocument("x.toml", "a = 1\na = 2\n")).toThrow("x.toml:2:1: expected TOML");
  });

  test("a byte order mark is no mistake", () => {
    expect(new TomlDocument("x.toml", "\ufeffa = true").root.a).toBe(true);
  });
});
