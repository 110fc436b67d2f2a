import { describe, expect, test } from "bun:test";
import { attributeList } from "../../src/config/attribute-list.ts";
import { idRanges } from "../../src/config/id-ranges.ts";
import { domainTypes, valueTypes } from "../../src/config/index.ts";
import { poolList } from "../../src/config/pool-list.ts";
import { parseTomlLiteral, type TomlValue } from "../../src/config/toml-document.ts";

const { choice, duration, durationIn, hostName, integer, list, path, permissions, rate, seconds, size, text, toggle } =
  valueTypes;

function toml(literal: string): TomlValue {
  const value = parseTomlLiteral(literal);
  if (value === null) throw new Error(`${literal} is no TOML`);
  return value;
}

describe("what settings take", () => {
  test("whole numbers are exact: one that no double has is refused, not rounded", () => {
    const type = integer(1, Number.MAX_SAFE_INTEGER);
    expect(type.read(toml("9007199254740991"))).toBe(9007199254740991);
    expect(() => type.read(toml("9007199254740993"))).toThrow("found 9007199254740993");
    expect(() => type.parse("9007199254740993")).toThrow('found "9007199254740993"');
    for (const literal of ["0", "-1", "1.0", '"1"', "true", "[1]", "{}", "1979-05-27"]) {
      expect(() => type.read(toml(literal))).toThrow("expected a whole number from 1 to 9007199254740991");
    }
    for (const word of ["", "1.5", "0x10", "1e3", "-1", " 1"]) expect(() => type.parse(word)).toThrow("expected");
    expect(integer(0, 10).read(toml("0x0a"))).toBe(10);
  });

  test("powers of two", () => {
    expect(integer(1, 64, { powerOfTwo: true }).parse("64")).toBe(64);
    expect(() => integer(1, 64, { powerOfTwo: true }).parse("63")).toThrow("expected a power of two from 1 to 64");
    expect(() => integer(0, 64, { powerOfTwo: true }).parse("0")).toThrow("expected a power of two");
    expect(() => size(4096, 2 ** 31, { powerOfTwo: true }).parse("5000")).toThrow("a size that is a power of two");
  });

  test("host names are names or addresses, or any; what a request cannot name as its host is refused", () => {
    const type = hostName();
    for (const name of ["monitor", "monitor.example", "my_host.", "192.0.2.7", "::1", "[2001:db8::1]", "*", "a-b.c"]) {
      expect(type.parse(name)).toBe(name);
    }
    for (const name of ["10.0.0.0/8", "*.example", "http://x", "x:80", "a b", "-a", "", "a..b", "ä", "[::1]:80"]) {
      expect(() => type.parse(name)).toThrow("expected a host name or address without a port");
    }
    expect(() => type.parse("10.0.0.0/8")).toThrow("a range of addresses cannot be given");
  });

  test("sizes are numbers of bytes or texts with a unit", () => {
    const type = size(1, 2 ** 40);
    expect([type.read(toml("65536")), type.read(toml('"64KiB"')), type.parse("64KiB"), type.parse("65536")]).toEqual([
      65536, 65536, 65536, 65536,
    ]);
    expect(() => type.read(toml("1.5"))).toThrow("found 1.5");
    expect(() => type.parse("64Kib/s")).toThrow("expected a size");
  });

  test("durations have a unit, or the one that the key names", () => {
    expect([duration().parse("250us"), duration().read(toml('"5s"')), duration().read(toml("0"))]).toEqual([
      250e3, 5e9, 0,
    ]);
    expect(() => duration().read(toml("5"))).toThrow("expected a duration with its unit, such as 250us");
    const positive = duration({ isPositive: true });
    expect([positive.parse("1ns"), positive.read(toml('"5s"'))]).toEqual([1, 5e9]);
    for (const nothing of ["0", "0s", "0.0ms"])
      expect(() => positive.parse(nothing)).toThrow(
        `expected a duration above 0 with its unit, such as 250us, 10ms, 1.5s or 2m, found "${nothing}"`,
      );
    expect(() => positive.read(toml("0"))).toThrow("found 0");
    const periodMs = durationIn("ms", 1, 10_000);
    expect([periodMs.read(toml("1000")), periodMs.read(toml('"1s"')), periodMs.parse("250ms")]).toEqual([
      1000, 1000, 250,
    ]);
    expect(() => periodMs.parse("250us")).toThrow("a whole number of ms");
    expect(() => periodMs.parse("11s")).toThrow("from 1 to 10000");
    expect([seconds().read(toml("2.5")), seconds().read(toml("2")), seconds().parse("250ms")]).toEqual([
      2.5e9, 2e9, 250e6,
    ]);
  });

  test("rates, choices, switches, texts, paths and permissions", () => {
    expect([rate().read(toml("30")), rate().read(toml("29.97")), rate().read(toml('"30000/1001"'))]).toEqual([
      30,
      29.97,
      30000 / 1001,
    ]);
    expect(() => rate().read(toml("inf"))).toThrow("found Infinity");
    expect(choice("drop", "wait").parse("wait")).toBe("wait");
    expect(() => choice("drop", "wait").parse("wiat")).toThrow(
      'expected one of drop, wait, found "wiat"; did you mean',
    );
    expect(["true", "1", "false", "0"].map((word) => toggle().parse(word))).toEqual([true, true, false, false]);
    expect(() => toggle().read(toml('"true"'))).toThrow('expected true or false, found the text "true"');
    expect(text().read(toml("9464"))).toBe("9464");
    expect(() => text().read(toml("7.5"))).toThrow("expected a text, found 7.5");
    expect(() => text().read(toml('""'))).toThrow("expected a text");
    expect(() => path().parse("a\0b")).toThrow("expected a path");
    expect([permissions().read(toml("660")), permissions().parse("0600")]).toEqual(["660", "600"]);
    expect(() => permissions().parse("777")).toThrow('expected "600" or "660"');
  });

  test("lists are arrays, or texts with commas; an element that is wrong says which one it is", () => {
    const type = list(size(4096, 2 ** 31, { powerOfTwo: true }), "stride");
    const strides = [65536, 1048576];
    expect(type.parse("64KiB,1MiB")).toEqual(strides);
    expect(type.parse('["64KiB", 1048576]')).toEqual(strides);
    expect(type.read(toml('["64KiB", 1048576]'))).toEqual(strides);
    expect(type.read(toml('"64KiB,1MiB"'))).toEqual(strides);
    expect(type.read(toml("65536"))).toEqual([65536]);
    expect(type.format(strides)).toBe("64KiB,1MiB");
    const folders = list(path(), "folder");
    for (const each of [["/a"], ["/a", "/b"], ["/a,b"], ["[/a"]])
      expect(folders.parse(folders.format(each))).toEqual(each);
    expect(() => type.read(toml("[]"))).toThrow("expected at least one stride, found an empty array");
    expect(() => type.parse('["64KiB"')).toThrow("as a TOML value");
    expect(() => type.read(toml('["64KiB", 5]'))).toThrow(expect.objectContaining({ path: [1] }));
  });

  test("pools: at least one, powers of two, each id once, no other key", () => {
    const type = poolList();
    expect(type.parse('[{ pool_id = 1, stride_bytes = "64KiB" }]')).toEqual([{ poolId: 1, strideBytes: 65536 }]);
    const refused = (literal: string, message: string, at: (string | number)[]): void =>
      expect(() => type.parse(literal)).toThrow(
        expect.objectContaining({ message: expect.stringContaining(message), path: at }),
      );
    refused("[]", "found no pool", []);
    refused("[{ pool_id = 1, stride_bytes = 5000 }]", "power of two", [0, "stride_bytes"]);
    refused("[{ stride_bytes = 4096 }]", "pool_id: a whole number from 0 to 65535, found nothing", [0]);
    refused("[{ pool_id = 1, stride_byte = 4096 }]", 'did you mean "stride_bytes"', [0, "stride_byte"]);
    const twice = "[{ pool_id = 1, stride_bytes = 4096 }, { pool_id = 1, stride_bytes = 8192 }]";
    refused(twice, "expected each id once, found 1", [1, "pool_id"]);
    refused("[7]", "found 7", [0]);
  });

  test("ranges of stream ids do not overlap", () => {
    const type = idRanges();
    expect(type.parse("[1, 9]")).toEqual([{ first: 1, last: 9 }]);
    expect(type.parse("[[1, 9], [20, 20]]")).toHaveLength(2);
    expect(() => type.parse("[[1, 9], [9, 20]]")).toThrow("found [9, 20], which overlaps [1, 9]");
    expect(() => type.parse("[9, 1]")).toThrow("first <= last, found [9, 1]");
    expect(() => type.parse("[1, 4294967295]")).toThrow("from 1 to 4294967294, found 4294967295");
    expect(() => type.parse("[1, 2, 3]")).toThrow("found 3 elements");
    expect(() => type.parse("5")).toThrow("expected a range of stream ids");
  });
});

describe("what an error says beside what was expected", () => {
  test("a dimension that the wire cannot carry: the limit, and another shape", () => {
    expect(() => domainTypes.dims().parse("3221225472")).toThrow(
      'expected at most 8 dimensions of 0 to 2147483647 each, such as 480x640, or "scalar", found "3221225472"; give the frame ' +
        "another shape, e.g. two dimensions in place of one",
    );
    expect(() => domainTypes.dims().parse("4x")).toThrow(/found "4x"$/);
  });

  test("an attribute of several lines: that each line is one, and how a value has several", () => {
    const type = attributeList();
    expect(() => type.parse("n=a\nb")).toThrow(
      'found "b"; each line is an attribute: one whose value has several lines goes as TOML, { note = "a\\nb" }',
    );
    expect(() => type.parse("b")).toThrow(/found "b"$/);
    expect(type.parse('{ n = "a\\nb" }')).toEqual([{ key: "n", format: "text/plain", value: "a\nb" }]);
  });
});
