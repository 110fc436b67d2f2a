import { afterAll, beforeEach, expect, test } from "bun:test";
import { allowsColour } from "../../src/core/colours.ts";
import { UsageError } from "../../src/core/errors.ts";
import { parseLogFilter } from "../../src/core/log-levels.ts";
import { configureLogging, getLogger, Logger } from "../../src/core/logger.ts";
import { RateLimit } from "../../src/core/rate-limit.ts";
import { StreamWriter } from "../../src/core/stream-writer.ts";
import { printable, toJson } from "../../src/core/text.ts";

let lines: string[] = [];
const now = () => new Date("2024-05-06T12:00:01.123Z");

beforeEach(() => {
  lines = [];
  const sink = { write: (text: string) => lines.push(text) };
  configureLogging({ level: "info", format: "text", filter: "", sink, coloured: false, now });
});

afterAll(() => {
  configureLogging({ level: "info", filter: "", sink: new StreamWriter(2), now: () => new Date() });
});

test("text: time, level, component, message, fields; on one line", () => {
  getLogger("producer").warn("dropped", { cause: "back-pressure", frames: 3, id: 2n ** 60n, path: "a b" });
  expect(lines).toEqual([
    '12:00:01.123 WARN  producer: dropped cause=back-pressure frames=3 id=1152921504606846976 path="a b"\n',
  ]);
});

test("json: one object per line, errors with code and rule, fields never replace what every line has", () => {
  configureLogging({ format: "json" });
  const error = new UsageError("bad dims", { rule: "W-09", expected: "8", found: "9" });
  getLogger("consumer").error("refused", { error, level: 7 });
  expect(JSON.parse(lines[0] as string)).toEqual({
    time: "2024-05-06T12:00:01.123Z",
    level: "error",
    component: "consumer",
    message: "refused",
    error: { name: "UsageError", code: "usage", rule: "W-09", message: "bad dims", expected: "8", found: "9" },
    "field.level": 7,
  });
});

test("an error whose message is said already is not said again; its stack comes at level debug only", () => {
  const error = new Error("boom");
  getLogger("a").error("failed: boom", { error });
  configureLogging({ level: "debug" });
  getLogger("a").error("failed", { error });
  expect(lines[0]).toBe("12:00:01.123 ERROR a: failed: boom\n");
  expect(lines[1]).toStartWith("12:00:01.123 ERROR a: failed error=boom\n    Error: boom\n    at ");
  getLogger("a").warn("refused: bad dims", { error: new UsageError("bad dims", { rule: "W-09" }) });
  expect(lines[2]).toStartWith("12:00:01.123 WARN  a: refused: bad dims rule=W-09\n");
});

test("levels: what is less serious is not written, a component may have its own, off is silence", () => {
  configureLogging({ level: "warn", filter: "info,producer=debug" });
  for (const component of ["producer", "consumer"]) {
    const log = getLogger(component);
    log.debug("d");
    log.info("i");
    log.warn("w");
  }
  expect(lines.map((line) => line.slice(13, -1))).toEqual([
    "DEBUG producer: d",
    "INFO  producer: i",
    "WARN  producer: w",
    "WARN  consumer: w",
  ]);
  configureLogging({ level: "off" });
  getLogger("consumer").error("e");
  expect(lines).toHaveLength(4);
});

test("a filter that names an unknown level is refused with the levels", () => {
  expect(() => parseLogFilter("producer=loud")).toThrow('"loud": expected one of debug, info, warn, error, off');
  expect(parseLogFilter(" warn , a.b=off,").level).toBe("warn");
});

test("a repeating message is written once per period, with the number of those held back", () => {
  const log = getLogger("a").every(3_600_000_000_000);
  for (let i = 0; i < 5; i++) log.warn("again");
  log.error("another level has its own limit");
  expect(lines).toHaveLength(2);
  const soon = getLogger("a").every(1);
  soon.info("x");
  soon.info("x");
  expect(lines.at(-1)).toEndWith("x\n");
});

test("a reminder of a state that lasts is written once per period, and without a count", () => {
  for (const [log, isCounted] of [
    [getLogger("a").every(1e6), true],
    [getLogger("a").reminder(1e6), false],
  ] as const) {
    lines = [];
    while (lines.length < 10) log.info("waiting");
    expect(lines.some((line) => line.includes("times since the last message"))).toBe(isCounted);
  }
});

test("lines that other processes cause are bounded: in length, and in how many follow each other", () => {
  const log = new Logger("flooded");
  log.warn("x".repeat(900_000));
  expect(lines.join("").length).toBeLessThan(2100);
  for (let i = 0; i < 10_000; i++) log.warn("refused");
  expect(lines.length).toBeLessThan(1000);
  // What is asked for has no limit, and other levels have their own.
  log.error("still there");
  expect(lines.at(-1)).toEndWith("still there\n");
  configureLogging({ level: "debug" });
  lines = [];
  for (let i = 0; i < 10_000; i++) log.debug("detail");
  expect(lines).toHaveLength(10_000);
});

/** A limit whose time passes only when the test says so. */
class SteppedLimit extends RateLimit {
  nowNs = 1e9;

  override tryPass(): boolean {
    return super.tryPass(this.nowNs);
  }
}

test("the message after those that were held back counts them", () => {
  const limit = new SteppedLimit(1e6);
  const log = new Logger("flooded", { warn: limit }, "further messages");
  for (let i = 0; i < 3; i++) log.warn("refused");
  expect(lines).toHaveLength(1);
  limit.nowNs += 1e6;
  log.warn("refused");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toEndWith("refused (and 2 further messages since the last message)\n");
});

test("foreign text cannot forge lines or move the cursor", () => {
  getLogger("a").info("name \u001b[2Jevil\n12:00:00.000 ERROR forged", { "k\n": "v\u0007" });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.slice(0, -1)).not.toMatch(/\p{Cc}/u);
  expect(printable("tab\tbell\u0007 rtl\u202e ä 漢")).toBe("tab\\tbell\\x07 rtl\\u202e ä 漢");
});

test("nothing that is logged throws: circles, getters that throw, messages that are no text", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const trap = {
    get value(): never {
      throw new Error("trapped");
    },
  };
  for (const format of ["text", "json"] as const) {
    configureLogging({ format });
    getLogger("a").info("circle", { circle });
    getLogger("a").info("trap", trap);
    getLogger("a").info(undefined as unknown as string);
  }
  expect(lines).toHaveLength(6);
  expect(lines[1]).toContain("trap (fields could not be shown: trapped)");
  expect(toJson({ big: 1n, none: undefined })).toBe('{"big":"1"}');
});

test("colours: on a terminal only, never with NO_COLOR or on a dumb terminal, FORCE_COLOR decides elsewhere", () => {
  expect(allowsColour({ isTTY: true }, {})).toBe(true);
  expect(allowsColour({ isTTY: false }, {})).toBe(false);
  expect(allowsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(allowsColour({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
  expect(allowsColour({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(allowsColour({}, { FORCE_COLOR: "1" })).toBe(true);
  configureLogging({ coloured: true });
  getLogger("a").warn("m");
  expect(lines[0]).toContain("\u001b[33mWARN ");
});
