import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/core/errors.ts";
import { openSource, parseSource, type Source, SourceError } from "../../src/io/index.ts";
import { pinned, readFrames, temporaryFolder, turn } from "../support/io-frames.ts";

/** Opens a module of this text; it is gone when the test is over. */
async function withModule<Result>(text: string, use: (spec: string) => Promise<Result>): Promise<Result> {
  using folder = await temporaryFolder();
  await Bun.write(folder.path("user.ts"), text);
  return await use(`module:${folder.path("user.ts")}`);
}

async function failure(action: Promise<unknown>): Promise<SourceError> {
  try {
    await action;
  } catch (error) {
    expect(error).toBeInstanceOf(SourceError);
    return error as SourceError;
  }
  throw new Error("expected a SourceError, found none");
}

const open = (text: string, options = "", signal?: AbortSignal): Promise<Source> =>
  withModule(text, (spec) => openSource(spec + options, { signal }));

/** What opening a module of this text and reading three frames of it fails with. */
async function failureOf(text: string, options = ""): Promise<SourceError> {
  return failure(
    open(text, options).then(async (source) => {
      try {
        await readFrames(source, 3);
      } finally {
        source.close();
      }
    }),
  );
}

describe("sources that fill in place", () => {
  test("fill gets the slot's memory as elements, and the frame's number", async () => {
    const source = await open(`
      export const source = {
        layout: { dtype: "uint16", dims: [2, 3] },
        rateHz: 50,
        attributes: [{ key: "unit", format: "text/plain", value: new TextEncoder().encode("K") }],
        fill(values: Uint16Array, { n }: { n: number }) { values.fill(1000 + n); },
      };`);
    expect(source).toMatchObject({ live: true, nativeRateHz: 50, maxByteLength: 12 });
    expect(source.layout).toMatchObject({ dtype: "uint16", dims: [2, 3], majorOrder: "row", byteLength: 12 });
    expect(source.attributes.map(({ key }) => key)).toEqual(["unit"]);
    expect(source.description).toEndWith("user.ts uint16 2x3 50 frames/s");
    const target = pinned(12);
    expect([source.poll(0), source.fill(target, 0)]).toEqual(["ready", "done"]);
    expect([...new Uint16Array(target.buffer)]).toEqual(new Array(6).fill(1000));
    // A frame that is skipped has its number as well.
    expect([source.poll(0), source.skip(0), source.poll(0), source.fill(target, 0)]).toEqual([
      "ready",
      "done",
      "ready",
      "done",
    ]);
    expect(new Uint16Array(target.buffer)[0]).toBe(1002);
    source.close();
    expect(source.poll(0)).toBe("end");
  });

  test("poll says when a frame is due, and the end; close is called once", async () => {
    const source = await open(`
      let asked = 0;
      globalThis.closedModules = 0;
      export default {
        layout: { dtype: "uint8", dims: [1] },
        live: false,
        poll({ n }) { return n === 2 ? "end" : asked++ % 2 ? "ready" : "idle"; },
        fill(values, { n }) { values[0] = n; },
        close() { globalThis.closedModules++; },
      };`);
    expect(source.live).toBe(false);
    expect(source.poll(0)).toBe("idle");
    expect((await readFrames(source)).map(({ bytes }) => bytes[0])).toEqual([0, 1]);
    expect(source.poll(0)).toBe("end");
    source.close();
    source.close();
    expect((globalThis as { closedModules?: number }).closedModules).toBe(1);
  });

  test("a layout may change from frame to frame; the largest is said beforehand", async () => {
    const source = await open(`
      let width = 0;
      export default {
        maxByteLength: 64,
        get layout() { return { dtype: "float64", dims: [width], majorOrder: "column" }; },
        poll() { width++; return width > 3 ? "end" : "ready"; },
        fill(values) { values.fill(width); },
      };`);
    expect(source.maxByteLength).toBe(64);
    const frames = await readFrames(source);
    expect(frames.map(({ layout }) => layout.dims)).toEqual([[1], [2], [3]]);
    expect(frames[0]?.layout.majorOrder).toBe("column");
    expect([...new Float64Array(frames[2]?.bytes.buffer as ArrayBuffer)]).toEqual([3, 3, 3]);
  });

  test("a function is called with the options, and may take its time", async () => {
    const source = await open(
      `export default async ({ options }) => {
        await Bun.sleep(5);
        return { layout: { dtype: "uint8", dims: [Number(options.width)] }, description: options.name, fill() {} };
      };`,
      ",width=7,name=a=b",
    );
    expect(source.layout.dims).toEqual([7]);
    expect(source.description).toBe("a=b uint8 7");
  });
});

describe("sources that yield", () => {
  test("frames of a generator are copied; its one buffer is used again", async () => {
    const source = await open(
      `
      export function* source({ options }) {
        const values = new Float32Array(4);
        for (let n = 0; n < Number(options.count); n++) yield { values: values.fill(n), dims: [2, 2] };
      }`,
      ",count=3",
    );
    expect(source).toMatchObject({ live: false, maxByteLength: 16 });
    const frames = await readFrames(source);
    expect(frames.map(({ layout }) => [layout.dtype, layout.dims])).toEqual(new Array(3).fill(["float32", [2, 2]]));
    expect(frames.map(({ bytes }) => new Float32Array(bytes.buffer)[3])).toEqual([0, 1, 2]);
  });

  test("an asynchronous generator is waited for without blocking, and ended when the source is closed", async () => {
    const source = await open(`
      globalThis.endedGenerators = 0;
      export default {
        live: true,
        rateHz: 10,
        async *frames() {
          try {
            for (let n = 0; ; n++) { await Bun.sleep(3); yield new Uint8Array([n, n]); }
          } finally { globalThis.endedGenerators++; }
        },
      };`);
    expect(source).toMatchObject({ live: true, nativeRateHz: 10, layout: { dims: [2] } });
    expect([source.poll(0), source.fill(pinned(2), 0), source.poll(0)]).toEqual(["ready", "done", "idle"]);
    expect((await readFrames(source, 2)).map(({ bytes }) => bytes[1])).toEqual([1, 2]);
    source.close();
    await turn();
    expect((globalThis as { endedGenerators?: number }).endedGenerators).toBe(1);
    expect(source.poll(0)).toBe("end");
  });

  test("bytes of any dtype, with dims of their own", async () => {
    const source = await open(`
      export default function* () {
        yield { values: Buffer.from([1, 0, 2, 0]), dtype: "uint16", dims: [1, 2], majorOrder: "column" };
        yield { values: new DataView(new ArrayBuffer(1)), dtype: "bit", dims: [5] };
        yield { values: new Uint8Array(2), dtype: "bool", dims: [2] };
        yield new BigInt64Array(1);
      }`);
    expect((await readFrames(source)).map(({ layout }) => [layout.dtype, layout.dims, layout.majorOrder])).toEqual([
      ["uint16", [1, 2], "column"],
      ["bit", [5], "row"],
      ["bool", [2], "row"],
      ["int64", [1], "row"],
    ]);
  });

  test("a large frame is copied in portions; one without frames ends at once", async () => {
    const source = await open("export default function* () { yield new Uint8Array(3_000_000).fill(9); }");
    const target = pinned(3_000_000);
    expect(source.poll(0)).toBe("ready");
    expect([0, 1, 2].map(() => source.fill(target, 0))).toEqual(["more", "more", "done"]);
    expect(target.every((value) => value === 9)).toBe(true);
    expect((await open("export default function* () {}")).poll(0)).toBe("end");
  });
});

describe("modules that do not work are reported by name, with what was expected and what came", () => {
  test("files that are not there, or no files", async () => {
    const missing = await failure(openSource("module:no/such/module.ts"));
    expect(missing).toMatchObject({ code: "not-found", found: "ENOENT" });
    expect(missing.message).toBe(
      "module:no/such/module.ts: cannot be read: there is no such file (ENOENT); check the path",
    );
    expect((await failure(openSource("module:/tmp"))).message).toBe("module:/tmp: expected a file, found a directory");
  });

  test("options are checked before anything is opened", () => {
    for (const [spec, options, message] of [
      ["module:", {}, "without a path"],
      ["module:a.ts,width", {}, 'expected key=value, found "width"'],
      ["module:a.ts,a=1,a=2", {}, 'found "a" twice'],
      ["module:a.ts", { dims: "4" }, "dims: expected only with raw: and synthetic:"],
    ] as const) {
      expect(() => parseSource(spec, options)).toThrow(UsageError);
      expect(() => parseSource(spec, options)).toThrow(message);
    }
  });

  const loading: [string, string, string][] = [
    [
      "a syntax error, with its place",
      "export const a = ;\n",
      "expected a module that loads, found syntax error: Unexpected ; (",
    ],
    ["an import that is not there", 'import "./absent.ts";', "found Cannot find module './absent.ts'"],
    ["a module that throws", "\nthrow new TypeError('no camera');", "found TypeError: no camera ("],
    ["a module that throws no error", "throw { a: 1 };", 'found a thrown {"a":1}'],
    ["no exports", "const a = 1;", 'expected an export named "source", or a default export, found no exports'],
    ["other exports", "export const sink = {}; export const b = 1;", "found the exports b, sink"],
    [
      "an export of no use",
      "export default 5;",
      'expected the default export an object with "fill" or "frames", found 5',
    ],
    ["a function that returns nothing", "export function source() {}", 'the export "source" to return an object'],
    ["a function that throws", "export default () => { throw new Error('busy'); };", "found Error: busy ("],
    ["neither fill nor frames", "export default { dims: [1] };", '"fill" or "frames", found an object with dims'],
    ["both fill and frames", "export default { fill() {}, frames() {} };", "found both"],
    ["a fill of no use", "export default { fill: 3 };", '"fill" to be a function, found 3'],
    ["no layout", "export default { fill() {} };", '"layout" to be { dtype, dims }, found undefined'],
    ["an unknown dtype", 'export default { layout: { dtype: "f32", dims: [] }, fill() {} };', 'found "f32"'],
    ["wrong dims", 'export default { layout: { dtype: "uint8", dims: [-1] }, fill() {} };', "found -1"],
    [
      "wrong order",
      'export default { layout: { dtype: "uint8", dims: [1], majorOrder: "c" }, fill() {} };',
      'found "c"',
    ],
    [
      "a wrong rate",
      'export default { layout: { dtype: "uint8", dims: [1] }, rateHz: 0, fill() {} };',
      "a number above 0, found 0",
    ],
    [
      "wrong attributes",
      'export default { layout: { dtype: "uint8", dims: [1] }, attributes: [{}], fill() {} };',
      "found an array of 1",
    ],
    ["frames of no use", "export default { frames: () => 3 };", "frames() to return a generator, found 3"],
    [
      "frames as a promise",
      "export default { frames: async () => [] };",
      "frames() to return a generator, found a promise",
    ],
  ];
  for (const [what, text, message] of loading) {
    test(what, async () => {
      const error = await failure(open(text));
      expect(error.code).toBe("module");
      expect(error.message).toContain("user.ts: expected ");
      expect(error.message).toContain(message);
    });
  }

  test("options that nobody takes", async () => {
    const error = await failureOf('export default { layout: { dtype: "uint8", dims: [] }, fill() {} };', ",width=3");
    expect(error.message).toContain(
      "to be a function, which takes the options width, found an object with layout, fill",
    );
  });

  const head = 'export default { layout: { dtype: "uint8", dims: [2] }, ';
  const running: [string, string, string][] = [
    [
      "fill that throws",
      `${head}\n fill(v, { n }) { if (n === 1) throw new Error('lost'); } };`,
      "fill() to fill frame 1, found Error: lost (",
    ],
    ["fill that is asynchronous", `${head} async fill() { throw new Error('late'); } };`, "found a promise"],
    ["poll that throws", `${head} fill() {}, poll() { null.x; } };`, "poll() to return, found TypeError"],
    [
      "poll that says something else",
      `${head} fill() {}, poll() { return true; } };`,
      '"ready", "idle" or "end", found true',
    ],
    ["poll that is asynchronous", `${head} fill() {}, async poll() {} };`, "found a promise"],
    [
      "a yielded size",
      "export default function* () { yield { values: new Uint8Array(5), dims: [2, 3] }; }",
      "frame 0 of uint8 2x3 to have 6 bytes, found 5 bytes",
    ],
    [
      "a yielded nothing",
      "export default function* () { yield new Uint8Array(1); yield; }",
      "frame 1 to be a typed array, or { values: a typed array, dims }, found undefined",
    ],
    [
      "yielded values of no use",
      "export default function* () { yield { values: [1] }; }",
      "found values of an array of 1",
    ],
    ["a yielded promise", "export default function* () { yield Promise.reject(new Error('x')); }", "found a promise"],
    [
      "a dtype that the array is not of",
      "export default function* () { yield { values: new Float32Array(1), dtype: 'uint32', dims: [1] }; }",
      "frame 0 of dtype uint32 as such an array, or as bytes, found Float32Array of 4 bytes",
    ],
    [
      "bytes without dims",
      "export default function* () { yield { values: new Uint8Array(4), dtype: 'uint16' }; }",
      "to have dims, a list of numbers, found undefined",
    ],
    [
      "a generator that throws",
      "export default function* () { yield new Uint8Array(1); throw new Error('cut'); }",
      "frames() to yield frame 1, found Error: cut (",
    ],
    [
      "an asynchronous one that throws",
      "export default async function* () { throw new Error('cut'); }",
      "frames() to yield frame 0, found Error: cut (",
    ],
    [
      "one that throws later",
      "export default async function* () { yield new Uint8Array(1); await 0; throw new Error('cut'); }",
      "frame 1, found Error: cut (",
    ],
  ];
  for (const [what, text, message] of running) {
    test(what, async () => {
      const error = await failureOf(text);
      expect(error.code).toBe("module");
      expect(error.message).toContain("user.ts: expected ");
      expect(error.message).toContain(message);
    });
  }

  test("a frame that never comes is said to be waited for, and can be given up", async () => {
    const giveUp = new AbortController();
    const waiting: string[] = [];
    const error = await withModule("export default async function* () { await new Promise(() => {}); }", (spec) =>
      failure(
        openSource(spec, {
          signal: giveUp.signal,
          onWaiting: (what) => {
            waiting.push(what);
            giveUp.abort();
          },
        }),
      ),
    );
    expect(error.code).toBe("aborted");
    expect(waiting).toHaveLength(1);
    expect(waiting[0]).toMatch(/^waiting for the first frame of module:.*user\.ts$/);
  });
});
