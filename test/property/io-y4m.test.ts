import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SourceError } from "../../src/io/index.ts";
import { attributesOf, headerFromAttributes } from "../../src/io/y4m/attributes.ts";
import { sampleCount } from "../../src/io/y4m/colorspace.ts";
import { Y4mFormat } from "../../src/io/y4m/format.ts";
import { parseY4mHeader } from "../../src/io/y4m/header.ts";
import { chunkedSource, readEagerly } from "../support/io-chunked-input.ts";

const colorspace = fc.constantFrom(
  ...["420", "420jpeg", "420mpeg2", "420paldv", "411", "422", "444", "444alpha", "mono"],
  ...["420p9", "420p16", "422p10", "444p14", "mono9", "mono16"],
);
const fraction = fc.tuple(fc.nat(99_999), fc.nat(9_999)).map(([a, b]) => `${a}:${b}`);
/** Any bytes but a space and a line end: comments come in every encoding. */
const extension = fc
  .oneof(fc.stringMatching(/^[!-~]{0,12}$/), fc.stringMatching(/^[\x00-\x09\x0b-\x1f!-\xff]{0,12}$/))
  .filter((text) => !text.startsWith("YSCSS="))
  .map((text) => `X${text}`);

/** A header line with its parameters in any order and any of the optional ones left out. */
const headerLine = fc
  .record(
    {
      W: fc.integer({ min: 1, max: 33 }),
      H: fc.integer({ min: 1, max: 33 }),
      F: fraction,
      I: fc.constantFrom("p", "t", "b", "?"),
      A: fraction,
      C: colorspace,
    },
    { requiredKeys: ["W", "H"] },
  )
  .map((values) => Object.entries(values).map(([tag, value]) => `${tag}${value}`))
  .chain((words) => fc.tuple(fc.constant(words), fc.array(extension, { maxLength: 3 })))
  .chain(([words, extensions]) =>
    fc.shuffledSubarray([...words, ...extensions], { minLength: words.length + extensions.length }),
  )
  .map((words) => ["YUV4MPEG2", ...words].join(" "));

describe("y4m headers", () => {
  test("any header goes through the attributes and comes out as the same line", () => {
    fc.assert(
      fc.property(headerLine, (text) => {
        const header = parseY4mHeader(text, "x");
        expect(header.layout.byteLength).toBe(
          sampleCount(header.colorspace, header.width, header.height) * (header.colorspace.depthBits > 8 ? 2 : 1),
        );
        expect(headerFromAttributes(attributesOf(header))).toEqual(header);
      }),
      { numRuns: 300 },
    );
  });

  test("any text is a header or is refused with a SourceError", () => {
    const word = fc.oneof(fc.string({ maxLength: 8 }), fc.stringMatching(/^[WHFIACX][0-9:a-z]{0,6}$/));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        try {
          parseY4mHeader(["YUV4MPEG2", ...words].join(" "), "x");
        } catch (error) {
          expect(error).toBeInstanceOf(SourceError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("attributes of any content give a header, a reason or nothing, and never a second line", () => {
    const key = fc.constantFrom("width", "height", "colorspace", "frame_rate", "interlacing", "extensions", "header");
    const attribute = fc.tuple(key, fc.oneof(fc.string(), fc.constant("2"))).map(([name, value]) => ({
      key: `y4m.${name}`,
      format: "text/plain",
      value: new TextEncoder().encode(value),
    }));
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 8 }), (attributes) => {
        const header = headerFromAttributes(attributes);
        if (header !== null && typeof header === "object") expect(header.text).not.toContain("\n");
      }),
    );
  });
});

describe("y4m on a pipe", () => {
  test("frames arrive whole, whatever the chunks and the FRAME parameters", () => {
    const frameParameters = fc.constantFrom("", " Ip", " Xanything I?");
    fc.assert(
      fc.property(
        headerLine,
        fc.array(frameParameters, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 6 }),
        (text, frames, chunks) => {
          const { byteLength } = parseY4mHeader(text, "x").layout;
          // Values that look like what stands between frames must not be taken for it.
          const values = frames.map((_, n) => Buffer.alloc(byteLength, n % 2 === 0 ? "FRAME\n" : "\n"));
          const parts = frames.flatMap((words, n) => [Buffer.from(`FRAME${words}\n`), values[n] as Buffer]);
          const stream = Buffer.concat([Buffer.from(`${text}\n`, "latin1"), ...parts]);
          const read = readEagerly(chunkedSource(new Y4mFormat(), stream, chunks));
          expect(read.length).toBe(frames.length);
          expect(read.every(({ bytes }, n) => Buffer.from(bytes).equals(values[n] as Buffer))).toBe(true);
        },
      ),
    );
  });
});
