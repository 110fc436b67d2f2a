import { describe, expect, test } from "bun:test";
import { asFlag } from "../../src/config/index.ts";
import { UsageError } from "../../src/core/errors.ts";
import { openSink, openSource, parseSink, parseSource, sinkHelp, sourceHelp } from "../../src/io/index.ts";
import { layoutProblem } from "../../src/io/layout.ts";
import { temporaryFolder } from "../support/io-frames.ts";

function usageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error("expected a UsageError, found none");
}

describe("specs", () => {
  test("an unknown kind is refused with all kinds and the nearest", () => {
    expect(usageOf(() => parseSource("nyp:a.npy"))).toBe(
      'source: expected one of synthetic: npy: y4m: raw: mcap: module: claims:, found "nyp:a.npy"; did you mean "npy"?',
    );
    expect(usageOf(() => parseSource("syn"))).toEndWith('did you mean "synthetic"?');
    expect(usageOf(() => parseSink("stat"))).toEndWith('did you mean "stats"?');
    expect(usageOf(() => parseSource("a.npy"))).toContain('found "a.npy"');
    expect(usageOf(() => parseSource(""))).toContain('found ""');
    expect(usageOf(() => parseSink("hdf5:x"))).toContain('found "hdf5:x"');
  });

  test("wrong values name what was expected and what came", () => {
    const cases: [string, Parameters<typeof parseSource>[1], string][] = [
      ["raw:-", {}, "give dtype and dims"],
      ["raw:-", { dtype: "uint8" }, "give dims"],
      ["raw:-", { dtype: "uint9", dims: "4" }, 'found "uint9"; did you mean "uint'],
      ["raw:-", { dtype: "uint8", dims: "4,4" }, 'found "4,4"'],
      ["raw:-", { dtype: "uint8", dims: "1x1x1x1x1x1x1x1x1" }, "at most 8 dimensions, found 9"],
      ["raw:-", { dtype: "uint8", dims: "4x0" }, "a dimension of 0"],
      ["raw:-", { dtype: "float64", dims: "2147483647x2" }, "at most 2147483648 bytes"],
      ["raw:-", { dtype: "uint8", dims: "4", rateHz: -1 }, "found -1"],
      ["raw:", { dtype: "uint8", dims: "4" }, "without a path"],
      ["synthetic:dtpye=uint8", {}, 'did you mean "dtype"?'],
      ["synthetic:dims=4,dims=5", {}, 'found "dims" twice'],
      ["synthetic:dims=4", { dims: "5" }, "as an option of its own"],
      ["synthetic:pattern=rmp", {}, 'did you mean "ramp"?'],
      ["synthetic:rate=fast", {}, 'found "fast"'],
      ["synthetic:rate=0", {}, 'found "0"'],
      ["y4m:x", { dims: "4" }, "dims: expected only with raw:"],
    ];
    for (const [spec, options, message] of cases) expect(usageOf(() => parseSource(spec, options))).toContain(message);
    expect(usageOf(() => parseSink("stats:vals"))).toContain('did you mean "values"?');
    expect(usageOf(() => parseSink("null:x"))).toContain("null:x");
    expect(usageOf(() => parseSink("npy:"))).toContain("without a path");
  });

  test("errors carry the option that they are about, and name no flag", () => {
    const cases: [() => unknown, string][] = [
      [() => parseSource("nyp:a"), "source"],
      [() => parseSource("synthetic:dims=x"), "source"],
      [() => parseSource("raw:-", { dtype: "uint9", dims: "4" }), "dtype"],
      [() => parseSource("raw:-", { dtype: "uint8", dims: "4,4" }), "dims"],
      [() => parseSource("raw:-", { dtype: "uint8", dims: "4", rateHz: -1 }), "rate"],
      [() => parseSink("png:x,bits=3"), "sink"],
      [() => parseSink("npy:"), "sink"],
    ];
    for (const [action, option] of cases) {
      expect(action).toThrow(expect.objectContaining({ option }));
      expect(usageOf(action)).not.toContain("--");
    }
  });

  test("a missing file, a folder and an unreadable place are named with their errno", async () => {
    using folder = await temporaryFolder();
    const missing = folder.path("missing");
    for (const spec of [`npy:${missing}`, `y4m:${missing}`]) {
      expect(openSource(spec)).rejects.toMatchObject({ code: "not-found", found: "ENOENT" });
    }
    expect(openSource(`y4m:${folder.path(".")}`)).rejects.toThrow("cannot be read: it is a folder");
    expect(openSource(`npy:${folder.path(".")}`)).rejects.toThrow("found an empty folder");
    expect(openSink(`raw:${folder.path("no/such/file")}`)).rejects.toMatchObject({
      code: "unwritable",
      found: "ENOENT",
    });
    expect(openSink(`y4m:${folder.path(".")}`)).rejects.toThrow("cannot be written: it is a folder");
  });

  test("help lists every kind with its usage", () => {
    for (const usage of [
      "synthetic:[key=value,..]",
      "npy:FILE[,FILE..]|DIR/|-",
      "y4m:FILE|-",
      "raw:FILE|-",
      "mcap:FILE[,..]",
      "module:FILE[,..]",
    ]) {
      expect(sourceHelp(asFlag)).toContain(usage);
    }
    for (const usage of ["stats[:values]", "npy:DIR/|FILE|-", "y4m:FILE|-", "raw:FILE|-", "png:DIR[,..]", "null"]) {
      expect(sinkHelp(asFlag)).toContain(usage);
    }
    for (const line of `${sourceHelp(asFlag)}\n${sinkHelp(asFlag)}`.split("\n"))
      expect(line.length).toBeLessThanOrEqual(120);
  });

  test("standard output is known before anything is opened", () => {
    expect(parseSink("y4m:-").usesStdout).toBe(true);
    expect(parseSink("raw:/dev/stdout").usesStdout).toBe(true);
    expect(parseSink("npy:out.npy").usesStdout).toBe(false);
    expect(parseSink("stats").usesStdout).toBe(false);
  });

  test("W-09: layouts that the wire cannot express are found", () => {
    expect(layoutProblem("uint8", [1, 2, 3, 4, 5, 6, 7, 8])).toBeNull();
    expect(layoutProblem("uint8", Array(9).fill(1))).toContain("at most 8");
    expect(layoutProblem("uint8", [2 ** 31])).toContain("2147483648");
    expect(layoutProblem("uint8", [-1])).toContain("-1");
    expect(layoutProblem("uint8", [1.5])).toContain("1.5");
    expect(layoutProblem("uint8", Array(8).fill(2 ** 31 - 1))).toContain("at most 2147483648 bytes");
    expect(layoutProblem("uint8", [2 ** 31 - 1, 0, 2 ** 31 - 1, 2 ** 31 - 1])).toBeNull();
  });
});
