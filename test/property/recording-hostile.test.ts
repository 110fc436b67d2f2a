import { afterAll, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Recording } from "../../src/recording/recording.ts";
import { RecordingError } from "../../src/recording/recording-error.ts";
import { type FileOptions, writeFrames } from "../support/mcap-file.ts";
import { TestFolder } from "../support/test-folder.ts";

const folder = new TestFolder();
afterAll(() => folder.remove());
const path = join(folder.path, "hostile.mcap");

const KINDS: readonly FileOptions[] = [{}, { chunks: "zstd" }, { chunks: "none" }, { hasSummary: false }];
const wholes: Buffer[] = [];
for (const options of KINDS) {
  await writeFrames(path, 20, options);
  wholes.push(readFileSync(path));
}

/** Most bytes that reading a file of some KiB may take. */
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;

test("bytes that were changed, and a file that was cut, are an error of the recording or are read", () => {
  const before = process.memoryUsage().rss;
  const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(
      fc.nat({ max: KINDS.length - 1 }),
      fc.array(change, { maxLength: 12 }),
      fc.option(fc.nat()),
      (kind, changes, cutAt) => {
        const bytes = Buffer.from(wholes[kind] as Buffer);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        writeFileSync(path, cutAt === null ? bytes : bytes.subarray(0, cutAt % bytes.length));
        readAll();
      },
    ),
    { numRuns: 1500 },
  );
  const growth = process.memoryUsage().rss - before;
  if (growth > MAX_GROWTH_BYTES) throw new Error(`reading small files took ${growth} bytes`);
}, 60_000);

/** Reads whatever can be read; anything but a RecordingError is a defect. */
function readAll(): void {
  try {
    using recording = Recording.open(path);
    for (const stream of recording.streams) {
      try {
        for (const frame of recording.frames(stream)) frame.bytes.at(-1);
        recording.frameBySeq(stream.label, 3)?.attributes.at(0);
      } catch (error) {
        if (!(error instanceof RecordingError)) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
  }
}
