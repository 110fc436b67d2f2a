import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { layoutOf, openSink, openSource, parseSource, SourceError } from "../../src/io/index.ts";
import { encodeNpyHeader } from "../../src/io/npy/header.ts";
import {
  fixture,
  pinned,
  readAll,
  readFrames,
  sinkFrame,
  temporaryFolder,
  turn,
  writeAll,
} from "../support/io-frames.ts";

interface Expected {
  readonly dtype: string;
  readonly dims: number[];
  readonly majorOrder: string;
  readonly hex: string;
}
const EXPECTED: Record<string, Expected[]> = JSON.parse(readFileSync(fixture("npy/expected.json"), "utf8"));

function npy(name: string): string {
  return `npy:${fixture(`npy/${name}.npy`)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

async function errorOf(promise: Promise<unknown>): Promise<SourceError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof SourceError) return error;
  throw new Error(`expected a SourceError, found ${error}`);
}

describe("npy source: what NumPy wrote comes out with its values, shape and order", () => {
  for (const [name, records] of Object.entries(EXPECTED)) {
    test(name, async () => {
      const frames = await readAll(npy(name));
      const found = frames.map(({ layout: { dtype, dims, majorOrder }, bytes }) => ({
        dtype: dtype as string,
        dims: [...dims],
        majorOrder: majorOrder as string,
        hex: hex(bytes),
      }));
      expect(found).toEqual(records);
    });
  }
});

describe("npy source: what the wire does not have is refused by name", () => {
  const cases = {
    float16: "float16",
    complex64: "complex64",
    complex128: "complex128",
    bytes: "bytes string",
    string: "string",
    object: "object",
    structured: "structured",
    datetime64: "datetime64",
    timedelta64: "timedelta64",
    "nine-dims": "at most 8 dimensions, found 9",
  };
  for (const [name, message] of Object.entries(cases)) {
    test(name, async () => {
      const error = await errorOf(openSource(npy(`refused-${name}`)));
      expect(error.code).toBe("unsupported");
      expect(error.message).toContain(message);
      expect(error.message).toContain(`refused-${name}.npy`);
    });
  }
});

describe("npy source", () => {
  test("several files are read in order, each with its own layout, and the largest is known at once", async () => {
    const names = ["uint8", "float64", "records"].map((name) => fixture(`npy/${name}.npy`));
    const source = await openSource(`npy:${names.join(",")}`);
    expect(source.maxByteLength).toBe(120);
    const frames = await readFrames(source);
    source.close();
    expect(frames.map(({ layout }) => layout.dtype)).toEqual(["uint8", "float64", ...Array(4).fill("uint16")]);
  });

  test("with a rate files start over, with once they end", async () => {
    const spec = npy("records");
    const repeated = await openSource(spec, { rateHz: 10 });
    expect(repeated.description).toContain("repeated");
    const frames = await readFrames(repeated, 9);
    repeated.close();
    expect(frames.map(({ bytes }) => bytes[0])).toEqual([100, 101, 102, 103, 100, 101, 102, 103, 100]);
    expect((await readAll(spec, { rateHz: 10, once: true })).length).toBe(4);
    const list = await openSource(`${npy("uint8")},${fixture("npy/int8.npy")}`, { rateHz: 10 });
    const listed = await readFrames(list, 5);
    list.close();
    expect(listed.map(({ layout }) => layout.dtype)).toEqual(["uint8", "int8", "uint8", "int8", "uint8"]);
  });

  test("skipped frames are read past, also when they were begun", async () => {
    const source = await openSource(npy("records"));
    const seen: (number | undefined)[] = [];
    for (let i = 0; ; i++) {
      const state = source.poll(0);
      if (state === "end") break;
      if (state === "idle") await turn();
      else if (i % 2 === 0) while (source.skip(0) === "more") await turn();
      else seen.push((await readFrames(source, 1))[0]?.bytes[0]);
    }
    source.close();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((value) => value !== undefined && value >= 100 && value <= 103)).toBe(true);
  });

  test("an empty file is an error that says so, alone and in a list, before anything is published", async () => {
    using folder = await temporaryFolder();
    const empty = folder.path("empty.npy");
    await Bun.write(empty, "");
    for (const spec of [`npy:${empty}`, `${npy("uint8")},${empty}`]) {
      const error = await errorOf(openSource(spec, { rateHz: 5 }));
      expect(error.code).toBe("empty");
      expect(error.message).toBe(`${empty}: expected at least one frame, found an empty file`);
    }
  });

  test("a comma in a name is written with a backslash", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("a,b.npy"), readFileSync(fixture("npy/uint8.npy")));
    expect((await readAll(`npy:${folder.path("a\\,b.npy")}`)).length).toBe(1);
  });

  test("a file cut anywhere gives a clear error, or fewer frames at a record's edge", async () => {
    using folder = await temporaryFolder();
    const whole = readFileSync(fixture("npy/records.npy"));
    const recordBytes = whole.length / 4;
    for (let length = 0; length < whole.length; length++) {
      const path = folder.path("cut.npy");
      await Bun.write(path, whole.subarray(0, length));
      if (length > 0 && length % recordBytes === 0) {
        expect((await readAll(`npy:${path}`)).length).toBe(length / recordBytes);
        continue;
      }
      const error = await errorOf(readAll(`npy:${path}`));
      expect(error.code).toBe(length === 0 ? "empty" : "truncated");
      expect(error.message).toContain(path);
    }
  });

  test("a header that promises more than the file has is refused before a slot is asked for", async () => {
    using folder = await temporaryFolder();
    const header = encodeNpyHeader(layoutOf("float64", [10_000, 10_000]));
    await Bun.write(folder.path("huge.npy"), header);
    const error = await errorOf(openSource(`npy:${folder.path("huge.npy")}`));
    expect(error.code).toBe("truncated");
    expect(error.message).toContain("800000000 missing");
  });

  test("a dimension beyond the wire's i32 and a size beyond its u32 are refused", async () => {
    using folder = await temporaryFolder();
    for (const shape of ["(2147483648,)", "(99999999999999999999999,)", "(65536, 65536, 65536)", "(-1,)"]) {
      const text = `{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }\n`;
      const bytes = new Uint8Array([0x93, ...Buffer.from("NUMPY"), 1, 0, text.length, 0, ...Buffer.from(text)]);
      await Bun.write(folder.path("x.npy"), bytes);
      const error = await errorOf(openSource(`npy:${folder.path("x.npy")}`));
      expect(["unsupported", "malformed"]).toContain(error.code);
    }
  });

  test("what is not npy is named", async () => {
    const error = await errorOf(openSource(`npy:${fixture("y4m/mono.y4m")}`));
    expect(error.code).toBe("malformed");
    expect(error.message).toContain("found a yuv4mpeg2 stream; read it as y4m:");
  });

  test("a target of another size than the frame is a caller's mistake, and the source stays usable", async () => {
    const source = await openSource(npy("uint8"));
    while (source.poll(0) !== "ready") await turn();
    expect(() => source.fill(pinned(3), 0)).toThrow("expected a target of 15 bytes, found 3");
    expect((await readFrames(source)).length).toBe(1);
    source.close();
  });

  test("options that the file answers itself are refused", () => {
    expect(() => parseSource("npy:x", { dtype: "uint8" })).toThrow("dtype: expected only");
    expect(() => parseSource("npy:", {})).toThrow("without a path");
    expect(() => parseSource("npy:a,,b", {})).toThrow("empty name");
    expect(() => parseSource("npy:-,-", {})).toThrow("once");
  });
});

describe("npy sink", () => {
  test("one frame in a file is what np.save writes, bit by bit", async () => {
    using folder = await temporaryFolder();
    const names = Object.keys(EXPECTED).filter((name) => !/^(big-endian|version|fortran-1d)/.test(name));
    for (const name of names) {
      const frames = await readAll(npy(name));
      const path = folder.path(`${name}.npy`);
      const sink = await openSink(`npy:${path}`);
      await writeAll(
        sink,
        frames.map(({ layout, bytes }, seq) => sinkFrame(layout, bytes, { seq })),
      );
      expect(hex(readFileSync(path))).toBe(hex(readFileSync(fixture(`npy/${name}.npy`))));
      expect(sink.summary()[0]).toContain(`wrote ${frames.length} frame`);
    }
  });

  test("a directory gets one complete file per frame, named by its seq", async () => {
    using folder = await temporaryFolder();
    const frames = await readAll(npy("records"));
    const sink = await openSink(`npy:${folder.path("out")}/`);
    await writeAll(
      sink,
      frames.map(({ layout, bytes }, index) => sinkFrame(layout, bytes, { seq: 7 + index })),
    );
    const files = [...new Bun.Glob("*").scanSync(folder.path("out"))].sort();
    const numbers = files.map((file) => /^frame-\d{8}T\d{6}\.\d{3}Z-(\d{10})-0{19}\.npy$/.exec(file)?.[1]);
    expect(numbers).toEqual(["0000000007", "0000000008", "0000000009", "0000000010"]);
    const read = await readAll(`npy:${files.map((file) => folder.path(`out/${file}`)).join(",")}`);
    expect(read.map(({ bytes }) => hex(bytes))).toEqual(frames.map(({ bytes }) => hex(bytes)));
  });

  test("a file has its name only when it is complete, and none without frames", async () => {
    using folder = await temporaryFolder();
    const path = folder.path("out.npy");
    const empty = await openSink(`npy:${path}`);
    expect(await Bun.file(`${path}.part`).exists()).toBe(true);
    await empty.close();
    expect([...new Bun.Glob("*").scanSync(folder.path("."))]).toEqual([]);
    const sink = await openSink(`npy:${path}`);
    sink.accept(sinkFrame(layoutOf("uint8", [4]), pinned(4)));
    sink.settle(true);
    expect(await Bun.file(path).exists()).toBe(false);
    sink.doWork(0);
    await sink.close();
    await sink.close();
    expect(await Bun.file(path).exists()).toBe(true);
    expect(await Bun.file(`${path}.part`).exists()).toBe(false);
  });

  test("a frame that was torn is not written", async () => {
    using folder = await temporaryFolder();
    const path = folder.path("out.npy");
    const sink = await openSink(`npy:${path}`);
    const layout = layoutOf("uint8", [4]);
    for (let i = 0; i < 6; i++) {
      sink.accept(sinkFrame(layout, pinned(4).fill(i), { seq: i }));
      sink.settle(i % 2 === 0);
    }
    await writeAll(sink, []);
    expect((await readAll(`npy:${path}`)).map(({ bytes }) => bytes[0])).toEqual([0, 2, 4]);
  });

  test("dtype bytes is written as uint8 and bit as its packed bytes, which the summary says", async () => {
    using folder = await temporaryFolder();
    const sink = await openSink(`npy:${folder.path("out.npy")}`);
    await writeAll(sink, [
      sinkFrame(layoutOf("bytes", [2, 2]), pinned(4).fill(9)),
      sinkFrame(layoutOf("bit", [3, 5]), pinned(2).fill(0x5a)),
    ]);
    const frames = await readAll(`npy:${folder.path("out.npy")}`);
    expect(frames.map(({ layout: { dtype, dims } }) => [dtype, ...dims])).toEqual([
      ["uint8", 2, 2],
      ["uint8", 2],
    ]);
    expect(sink.summary().join()).toContain("np.unpackbits");
  });

  test("a column-major array that also is row-major is written as NumPy does: fortran_order False", () => {
    const text = (dims: number[]): string => Buffer.from(encodeNpyHeader(layoutOf("uint8", dims, "column"))).toString();
    expect(text([5])).toContain("'fortran_order': False");
    expect(text([1, 5])).toContain("'fortran_order': False");
    expect(text([2, 5])).toContain("'fortran_order': True");
  });
});
