import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Attribute, layoutOf, openSink, openSource, SinkError, SourceError } from "../../src/io/index.ts";
import { Y4mEncoder } from "../../src/io/y4m/encoder.ts";
import { Y4mFormat } from "../../src/io/y4m/format.ts";
import { chunkedSource, readEagerly } from "../support/io-chunked-input.ts";
import { fixture, pinned, readAll, readFrames, sinkFrame, temporaryFolder, writeAll } from "../support/io-frames.ts";

/** Name of the fixture, then the dtype and dims it comes as. */
const FIXTURES: Record<string, readonly [string, ...number[]]> = {
  "420jpeg": ["uint8", 12, 16],
  "420mpeg2": ["uint8", 12, 16],
  "420paldv": ["uint8", 12, 16],
  "420-odd": ["uint8", 15 * 7 + 2 * 8 * 4],
  "422": ["uint8", 16, 16],
  "422-odd": ["uint8", 15 * 8 + 2 * 8 * 8],
  "411": ["uint8", 12, 16],
  "444": ["uint8", 3, 8, 16],
  "444alpha": ["uint8", 4, 8, 16],
  mono: ["uint8", 8, 16],
  mono12: ["uint16", 8, 16],
  mono16: ["uint16", 8, 16],
  "420p9": ["uint16", 12, 16],
  "420p10": ["uint16", 12, 16],
  "422p12": ["uint16", 16, 16],
  "444p14": ["uint16", 3, 8, 16],
  "444p16": ["uint16", 3, 8, 16],
  interlaced: ["uint8", 12, 16],
};

/** FFmpeg's own checksums of a fixture's frames. */
function checksums(name: string): string[] {
  return readFileSync(fixture(`y4m/${name}.framemd5`), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").at(-1)?.trim() ?? "");
}

function textOf(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, new TextDecoder().decode(value)]));
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

describe("y4m source: FFmpeg's streams come out with FFmpeg's checksum for every frame, and back byte by byte", () => {
  for (const [name, [dtype, ...dims]] of Object.entries(FIXTURES)) {
    test(name, async () => {
      using folder = await temporaryFolder();
      const path = fixture(`y4m/${name}.y4m`);
      const source = await openSource(`y4m:${path}`);
      const frames = await readFrames(source);
      source.close();
      expect(frames.map(({ bytes }) => createHash("md5").update(bytes).digest("hex"))).toEqual(checksums(name));
      for (const { layout } of frames) expect<unknown>([layout.dtype, ...layout.dims]).toEqual([dtype, ...dims]);
      const sink = await openSink(`y4m:${folder.path("out.y4m")}`);
      const { attributes } = source;
      await writeAll(
        sink,
        frames.map(({ layout, bytes }, seq) => sinkFrame(layout, bytes, { seq, attributes })),
      );
      expect(readFileSync(folder.path("out.y4m")).equals(readFileSync(path))).toBe(true);
    });
  }
});

describe("y4m source", () => {
  test("what the array cannot say travels as attributes", async () => {
    const source = await openSource(`y4m:${fixture("y4m/420jpeg.y4m")}`);
    source.close();
    expect(textOf(source.attributes)).toEqual({
      "y4m.width": "16",
      "y4m.height": "8",
      "y4m.colorspace": "420jpeg",
      "y4m.frame_rate": "30000/1001",
      "y4m.interlacing": "p",
      "y4m.pixel_aspect": "1:1",
      "y4m.extensions": "XYSCSS=420JPEG XCOLORRANGE=LIMITED",
    });
    expect(source.attributes.every(({ format }) => format === "text/plain")).toBe(true);
    expect(source.nativeRateHz).toBeCloseTo(29.97, 2);
    expect(source.description).toEndWith("420jpeg.y4m 16x8 C420jpeg 29.97 frames/s");
    expect(source.maxByteLength).toBe(192);
  });

  test("interlacing and aspect are kept", async () => {
    const source = await openSource(`y4m:${fixture("y4m/interlaced.y4m")}`);
    source.close();
    expect(textOf(source.attributes)).toMatchObject({ "y4m.interlacing": "t", "y4m.pixel_aspect": "16:15" });
  });

  test("parameters in any order, none but the size, and FRAME lines with parameters are read", () => {
    const stream = bytesOf("YUV4MPEG2 Cmono F0:0 H2 Xa W2 XB\nFRAME\nabcdFRAME Ip Xx=1\nFRAMFRAME\n\nRA\n");
    const frames = readEagerly(chunkedSource(new Y4mFormat(), stream, [3]));
    expect(frames.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(["abcd", "FRAM", "\nRA\n"]);
    const plain = new Y4mFormat();
    expect(readEagerly(chunkedSource(plain, bytesOf("YUV4MPEG2 W2 H2\nFRAME\nabcdef"), [5])).length).toBe(1);
    expect(plain.header?.colorspace.name).toBe("420jpeg");
  });

  test("a header in another order is written again as it was", async () => {
    using folder = await temporaryFolder();
    const stream = "YUV4MPEG2 H2 W2 F0:0\nFRAME\nabcdef";
    await Bun.write(folder.path("in.y4m"), stream);
    const source = await openSource(`y4m:${folder.path("in.y4m")}`);
    const frames = await readFrames(source);
    const { attributes } = source;
    source.close();
    const sink = await openSink(`y4m:${folder.path("out.y4m")}`);
    await writeAll(
      sink,
      frames.map(({ layout, bytes }) => sinkFrame(layout, bytes, { attributes })),
    );
    expect(readFileSync(folder.path("out.y4m"), "utf8")).toBe(stream);
  });

  test("streams after each other on one input are one stream while the header stays, else an error", () => {
    const stream = "YUV4MPEG2 W2 H1 Cmono\nFRAME\nab";
    expect(readEagerly(chunkedSource(new Y4mFormat(), bytesOf(stream + stream), [7])).length).toBe(2);
    const changed = chunkedSource(new Y4mFormat(), bytesOf(`${stream}YUV4MPEG2 W4 H1 Cmono\nFRAME\nabcd`), [7]);
    expect(() => readEagerly(changed)).toThrow('expected the stream header to stay "YUV4MPEG2 W2 H1 Cmono", found');
  });

  test("an input cut anywhere gives a clear error, or fewer frames at a frame's edge", () => {
    const whole = readFileSync(fixture("y4m/mono.y4m"));
    const frameBytes = "FRAME\n".length + 128;
    const headerBytes = whole.length - 3 * frameBytes;
    for (let length = 0; length < whole.length; length++) {
      const source = chunkedSource(new Y4mFormat(), whole.subarray(0, length), [50]);
      if (length > headerBytes && (length - headerBytes) % frameBytes === 0) {
        expect(readEagerly(source).length).toBe((length - headerBytes) / frameBytes);
        continue;
      }
      try {
        readEagerly(source);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError);
        expect(error).toMatchObject({ code: [0, headerBytes].includes(length) ? "empty" : "truncated" });
      }
    }
  });

  test("an empty input is named", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("empty.y4m"), "");
    expect(openSource(`y4m:${folder.path("empty.y4m")}`)).rejects.toThrow(
      "expected at least one frame, found an empty input",
    );
  });

  const refused: Record<string, string> = {
    "YUV4MPEG W2 H2\n": 'expected "YUV4MPEG2" at byte 0, found "YUV4MPEG "',
    "YUV4MPEG2 H2\n": "expected W with a size in pixels, found none",
    "YUV4MPEG2 W0 H2\n": "expected W with a size in pixels, found W0",
    "YUV4MPEG2 W2 H-2\n": "found H-2",
    "YUV4MPEG2 W2 H2 C410\n": "found C410",
    "YUV4MPEG2 W2 H2 C420p17\n": "found C420p17",
    "YUV4MPEG2 W2 H2 C420p8\n": "found C420p8",
    "YUV4MPEG2 W2 H2 CconstructorX\n": "found CconstructorX",
    "YUV4MPEG2 W2 H2 W3\n": "expected parameter W once",
    "YUV4MPEG2 W2 H2 F25\n": "expected F with a fraction, found F25",
    "YUV4MPEG2 W2 H2 Iq\n": "found Iq",
    "YUV4MPEG2 W2 H2 Q1\n": 'found "Q1"',
    "YUV4MPEG2 W2 H2 Im\n": "mixed interlacing (Im)",
    "YUV4MPEG2 W2 H2 XYSCSS=410\n": "found XYSCSS=410",
    "YUV4MPEG2 W2 H2 C\x1b[31m\n": "found C\\x1b[31m",
    "YUV4MPEG2 W999999999 H999999999\n": "a frame of at most 2147483648 bytes",
  };
  for (const [header, message] of Object.entries(refused)) {
    test(`${JSON.stringify(header)} is refused`, () => {
      expect(() => readEagerly(chunkedSource(new Y4mFormat(), bytesOf(header), [64]))).toThrow(message);
    });
  }

  test("a header line without end is given up", () => {
    const endless = bytesOf(`YUV4MPEG2 W2 H2 X${"a".repeat(70_000)}`);
    expect(() => readEagerly(chunkedSource(new Y4mFormat(), endless, [4096]))).toThrow("a line of at most 16384 bytes");
  });

  test("with a rate a file starts over", async () => {
    const source = await openSource(`y4m:${fixture("y4m/mono.y4m")}`, { rateHz: 100 });
    expect((await readFrames(source, 7)).length).toBe(7);
    source.close();
    expect((await readAll(`y4m:${fixture("y4m/mono.y4m")}`, { rateHz: 100, once: true })).length).toBe(3);
  });
});

describe("y4m sink", () => {
  const mono = layoutOf("uint8", [2, 3]);

  test("without attributes [H, W] becomes mono and [3, H, W] 444, and it says so", () => {
    const cases: [Parameters<typeof layoutOf>[0], number[], string][] = [
      ["uint8", [2, 3], "W3 H2 F25:1 Ip A1:1 Cmono"],
      ["uint16", [2, 3], "W3 H2 F25:1 Ip A1:1 Cmono16"],
      ["uint8", [3, 4, 5], "W5 H4 F25:1 Ip A1:1 C444"],
      ["uint16", [3, 4, 5], "W5 H4 F25:1 Ip A1:1 C444p16"],
    ];
    for (const [dtype, dims, header] of cases) {
      const notices: string[] = [];
      const encoder = new Y4mEncoder(undefined, (notice) => notices.push(notice));
      const layout = layoutOf(dtype, dims);
      const prefix = encoder.prefixOf(sinkFrame(layout, pinned(layout.byteLength)));
      expect(Buffer.from(prefix).toString()).toBe(`YUV4MPEG2 ${header}\nFRAME\n`);
      expect(notices).toHaveLength(1);
      expect(notices[0]).toContain("no y4m attributes");
    }
  });

  test("a rate goes into the header of a stream without attributes", () => {
    const headerAt = (rateHz: number): string =>
      Buffer.from(new Y4mEncoder(rateHz).prefixOf(sinkFrame(mono, pinned(6)))).toString();
    expect(headerAt(60)).toContain(" F60:1 ");
    expect(headerAt(29.97)).toContain(" F30000:1001 ");
    expect(headerAt(12.5)).toContain(" F12500:1000 ");
  });

  test("changed dimensions are refused by name, and so is a header that changes", () => {
    const encoder = new Y4mEncoder();
    encoder.prefixOf(sinkFrame(mono, pinned(6)));
    expect(() => encoder.prefixOf(sinkFrame(layoutOf("uint8", [3, 3]), pinned(9)))).toThrow(
      /expected uint8 2x3 .*found uint8 3x3/,
    );
    const attributes = ["y4m.width=3", "y4m.height=2", "y4m.colorspace=mono"].map((pair) => {
      const [key = "", value = ""] = pair.split("=");
      return { key, format: "text/plain", value: new TextEncoder().encode(value) };
    });
    expect(() => encoder.prefixOf(sinkFrame(mono, pinned(6), { attributes }))).toThrow("expected the stream to stay");
  });

  test("attributes that would add lines to the stream, or make no header, are refused", () => {
    for (const width of ["3\nFRAME", "3 H9", "x", ""]) {
      const attributes = [
        { key: "y4m.width", format: "text/plain", value: new TextEncoder().encode(width) },
        { key: "y4m.height", format: "text/plain", value: new TextEncoder().encode("2") },
        { key: "y4m.colorspace", format: "text/plain", value: new TextEncoder().encode("mono") },
      ];
      expect(() => new Y4mEncoder().prefixOf(sinkFrame(mono, pinned(6), { attributes }))).toThrow(SinkError);
    }
  });

  test("frames that no colour space carries are refused", () => {
    for (const layout of [layoutOf("float32", [2, 2]), layoutOf("uint8", [4]), layoutOf("uint8", [2, 2], "column")]) {
      const frame = sinkFrame(layout, pinned(layout.byteLength));
      expect(() => new Y4mEncoder().prefixOf(frame)).toThrow(SinkError);
    }
  });

  test("a first frame that was torn leaves the stream header to the next", () => {
    const encoder = new Y4mEncoder(10);
    encoder.prefixOf(sinkFrame(mono, pinned(6)));
    encoder.rollback();
    const header = "YUV4MPEG2 W3 H2 F10:1 Ip A1:1 Cmono\nFRAME\n";
    expect(Buffer.from(encoder.prefixOf(sinkFrame(mono, pinned(6)))).toString()).toBe(header);
    expect(Buffer.from(encoder.prefixOf(sinkFrame(mono, pinned(6)))).toString()).toBe("FRAME\n");
    encoder.rollback();
    expect(Buffer.from(encoder.prefixOf(sinkFrame(mono, pinned(6)))).toString()).toBe("FRAME\n");
  });
});
