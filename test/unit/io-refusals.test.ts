import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { openSource, parseSink, parseSource, SourceError } from "../../src/io/index.ts";
import { Y4mFormat } from "../../src/io/y4m/format.ts";
import { chunkedSource, readEagerly } from "../support/io-chunked-input.ts";
import { fixture, readAll, temporaryFolder } from "../support/io-frames.ts";

async function refusal(spec: string): Promise<SourceError> {
  const error = await readAll(spec).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof SourceError) return error;
  throw new Error(`expected a SourceError, found ${error}`);
}

function npyFile(descr: string, version = 1): Uint8Array {
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': (2, 3), }\n`;
  const head = Uint8Array.from([0x93, ...Buffer.from("NUMPY"), version, 0, text.length & 0xff, text.length >> 8]);
  return Buffer.concat([head, Buffer.from(text, "latin1"), new Uint8Array(48)]);
}

describe("files of other formats are named, with what to do about them", () => {
  const npy = readFileSync(fixture("npy/uint8.npy"));
  const y4m = readFileSync(fixture("y4m/mono.y4m"));
  const cases: readonly (readonly [name: string, bytes: Uint8Array, kind: string, found: string, next: string])[] = [
    ["a.npz", Buffer.from("PK\x03\x04and more of it"), "npy", ".npz archive", "np.load('FILE')['NAME']"],
    ["a.npy.gz", gzipSync(npy), "npy", "gzip data", "gzip -dc FILE | tensorpool producer --source npy:-"],
    ["a.y4m.gz", gzipSync(y4m), "y4m", "gzip data", "gzip -dc FILE | tensorpool producer --source y4m:-"],
    ["a.pkl", Buffer.from("\x80\x04\x95 and more of it", "latin1"), "npy", "Python pickle", "np.save("],
    ["a.npy", npy, "y4m", "an npy file", "npy:FILE"],
    ["a.y4m", y4m, "npy", "a yuv4mpeg2 stream", "y4m:FILE"],
    ["a.mp4", Buffer.from("\0\0\0\x20ftypisom and more"), "y4m", "MP4", "ffmpeg -i FILE -f yuv4mpegpipe"],
    ["a.h5", Buffer.from("\x89HDF\r\n\x1a\n and more of it", "latin1"), "npy", "HDF5", "h5py.File('FILE')"],
  ];
  for (const [name, bytes, kind, found, next] of cases) {
    test(`${name} as ${kind}:`, async () => {
      using folder = await temporaryFolder();
      await Bun.write(folder.path(name), bytes);
      const { message, code } = await refusal(`${kind}:${folder.path(name)}`);
      expect(code).toBe("malformed");
      expect(message).toContain(found);
      expect(message).toContain(next.replace("FILE", folder.path(name)));
    });
  }

  test("as raw:, when name and first bytes agree; raw values that look like gzip are read", async () => {
    using folder = await temporaryFolder();
    const options = { dtype: "uint8", dims: "16" };
    const zipped = gzipSync(new Uint8Array(64).map((_, i) => (i * 73) & 0xff));
    for (const name of ["x.bin.gz", "x.bin"]) await Bun.write(folder.path(name), zipped.subarray(0, 32));
    await Bun.write(folder.path("x.npy"), npy);
    for (const name of ["x.bin.gz", "x.npy"]) {
      const path = folder.path(name);
      expect(readAll(`raw:${path}`, options)).rejects.toThrow(`${path}: expected raw values without a header, found`);
    }
    expect(await readAll(`raw:${folder.path("x.bin")}`, options)).toHaveLength(2);
  });

  test("what follows a record is named with its place in the file", async () => {
    using folder = await temporaryFolder();
    const whole = Buffer.concat([readFileSync(fixture("npy/uint8.npy")), new Uint8Array(20)]);
    await Bun.write(folder.path("long.npy"), whole);
    const { message } = await refusal(`npy:${folder.path("long.npy")}`);
    expect(message).toContain("at byte 143, found byte 0x00 at 143");
  });
});

describe("an npy dtype that the wire does not have", () => {
  const cases: readonly (readonly [descr: string, message: string])[] = [
    ["'toString'", "found a dtype that NumPy does not know ('toString')"],
    ["'constructor'", "found a dtype that NumPy does not know ('constructor')"],
    ["'<f2'", "found float16 ('<f2'); convert it in NumPy: array.astype(np.float32)"],
    ["[('x', '<f4'), ('y', '<f4')]", "found structured ([('x', '<f4'), ('y', '<f4')])"],
    ["('<f4', (2,))", "found sub-array (('<f4', (2,)))"],
    ["'\\x1b[31mred'", "found a dtype that NumPy does not know ('\\x1b[31mred')"],
    ["None", "expected 'descr': a string, found None"],
  ];
  for (const [descr, message] of cases) {
    test(descr, async () => {
      using folder = await temporaryFolder();
      await Bun.write(folder.path("x.npy"), npyFile(descr));
      const error = await refusal(`npy:${folder.path("x.npy")}`);
      expect(error.message).toContain(message);
      // Whatever a file says, a terminal gets no escape sequences of it.
      expect(error.message).not.toContain("\x1b");
    });
  }

  test("names that np.dtype knows are read: 'float32', '?'", async () => {
    using folder = await temporaryFolder();
    for (const [descr, dtype] of [
      ["'float32'", "float32"],
      ["'?'", "bool"],
      ["'>h'", "int16"],
    ] as const) {
      await Bun.write(
        folder.path("x.npy"),
        npyFile(descr).slice(0, -48 + 6 * { float32: 4, bool: 1, int16: 2 }[dtype]),
      );
      const [frame] = await readAll(`npy:${folder.path("x.npy")}`);
      expect(frame?.layout).toMatchObject({ dtype, dims: [2, 3] });
    }
  });
});

describe("an input without frames is an error, also where the layout is known", () => {
  for (const spec of ["npy:-", "y4m:-", "raw:-", "raw:/dev/null", "npy:/dev/null"]) {
    test(spec, async () => {
      const script = `import { openSource } from ${JSON.stringify(`${import.meta.dir}/../../src/io/index.ts`)};
        const options = ${JSON.stringify(spec.startsWith("raw") ? { dtype: "uint8", dims: "4" } : {})};
        const error = await openSource(${JSON.stringify(spec)}, options).then(() => null, (reason) => reason);
        process.stdout.write(error?.code + " " + error?.message);`;
      const child = Bun.spawn([process.execPath, "-e", script], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
      const name = spec.endsWith("-") ? "stdin" : "/dev/null";
      expect(await child.stdout.text()).toStartWith(`empty ${name}: expected at least one frame, found an empty input`);
    });
  }

  test("a y4m header alone", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("x.y4m"), "YUV4MPEG2 W4 H2 Cmono\n");
    expect((await refusal(`y4m:${folder.path("x.y4m")}`)).message).toContain(
      "found the end of the input after a header",
    );
  });
});

describe("a frame that no slot can take is refused before anything is opened", () => {
  test("raw: and synthetic: by their dims, with the limit", () => {
    const options = { dtype: "uint8", dims: "1024x1024x3072" };
    for (const spec of ["raw:-", "synthetic:"]) {
      expect(() => parseSource(spec, options)).toThrow("a frame of at most 2147483648 bytes (2 GiB, the largest slot)");
    }
  });

  test("npy: by its header, with the way to read a stack frame by frame", async () => {
    using folder = await temporaryFolder();
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000, 1024, 1024), }\n";
    const head = Uint8Array.from([0x93, ...Buffer.from("NUMPY"), 1, 0, text.length, 0, ...Buffer.from(text)]);
    await Bun.write(folder.path("stack.npy"), head);
    const { message } = await refusal(`npy:${folder.path("stack.npy")}`);
    expect(message).toContain("a frame of at most 2147483648 bytes");
    expect(message).toContain(`npy:${folder.path("stack.npy")},frames-axis=0`);
  });
});

describe("what y4m cannot pass on", () => {
  test("parameters of single frames are reported once", () => {
    const notices: string[] = [];
    const format = new Y4mFormat((notice) => notices.push(notice));
    const stream = Buffer.from("YUV4MPEG2 W2 H1 Cmono\nFRAME Itpp\nabFRAME Xnote\ncdFRAME\nef");
    expect(readEagerly(chunkedSource(format, stream, [9]))).toHaveLength(3);
    expect(notices).toEqual([
      "chunks: parameters of single frames (FRAME Itpp) are not passed on: readers get the frames without them",
    ]);
  });

  test("XYSCSS says the colour space where C is absent, as to FFmpeg; C wins", () => {
    const layoutOfHeader = (words: string): readonly number[] => {
      const stream = Buffer.from(`YUV4MPEG2 W4 H2 ${words}\nFRAME\n${"x".repeat(24)}`);
      return chunkedFrame(stream);
    };
    const chunkedFrame = (stream: Uint8Array): readonly number[] => {
      const source = chunkedSource(new Y4mFormat(), stream, [64]);
      while (source.poll(0) === "idle") {
        // The next call finds the next chunk.
      }
      return source.layout.dims;
    };
    expect(layoutOfHeader("XYSCSS=444")).toEqual([3, 2, 4]);
    expect(layoutOfHeader("C420 XYSCSS=444")).toEqual([3, 4]);
    expect(layoutOfHeader("Xa")).toEqual([3, 4]);
  });
});

test("a path that no file can have is refused", () => {
  const outside = "f\0/";
  expect(() => parseSink(`npy:${outside}`)).toThrow("has a character of code 0");
  expect(() => parseSource(`raw:${outside}`, { dtype: "uint8", dims: "4" })).toThrow("has a character of code 0");
  expect(() => parseSink(`png:${outside},scale=auto`)).toThrow("has a character of code 0");
  expect(() => parseSink(`module:${outside}`)).toThrow("has a character of code 0");
});

test("a file that is not there is refused by name", async () => {
  expect(openSource("npy:/no/such/file.npy")).rejects.toMatchObject({ code: "not-found" });
});
