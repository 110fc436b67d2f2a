import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SourceError } from "../../src/io/index.ts";
import { Y4mFormat } from "../../src/io/y4m/format.ts";
import { chunkedSource } from "../support/io-chunked-input.ts";
import { temporaryFolder } from "../support/io-frames.ts";
import { y4mCases } from "../support/io-y4m-headers.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const FFMPEG = Bun.which("ffmpeg");

/** Inputs of one FFmpeg process: its start costs far more than a frame. */
const BATCH = 40;

/** The first frame of each of these streams as FFmpeg decodes it; null for all when it refuses one of them. */
async function decoded(folder: string, numbers: readonly number[]): Promise<readonly (Buffer | null)[]> {
  const inputs = numbers.flatMap((n) => ["-f", "yuv4mpegpipe", "-i", `${n}.y4m`]);
  const outputs = numbers.flatMap((n, i) => ["-map", String(i), "-frames:v", "1", "-f", "rawvideo", "-y", `${n}.raw`]);
  const command = [FFMPEG as string, "-v", "quiet", "-nostdin", ...inputs, ...outputs];
  const hasWorked = (await Bun.spawn(command, { cwd: folder, stdin: "ignore" }).exited) === 0;
  return numbers.map((n) => (hasWorked ? readFileSync(join(folder, `${n}.raw`)) : null));
}

/** Its verdict on each stream: those that are `expected` to be read are tried together first. */
async function judge(folder: string, count: number, expected: (n: number) => boolean): Promise<(Buffer | null)[]> {
  const all = Array.from({ length: count }, (_, n) => n);
  const likely = all.filter(expected);
  const verdicts = new Map<number, Buffer | null>();
  for (let from = 0; from < likely.length; from += BATCH) {
    const numbers = likely.slice(from, from + BATCH);
    for (const [i, frame] of (await decoded(folder, numbers)).entries()) {
      if (frame !== null) verdicts.set(numbers[i] as number, frame);
    }
  }
  for (const n of all) if (!verdicts.has(n)) verdicts.set(n, (await decoded(folder, [n]))[0] ?? null);
  return all.map((n) => verdicts.get(n) ?? null);
}

/** The first frame as it is read here. */
function ours(bytes: Uint8Array): Buffer | SourceError {
  const source = chunkedSource(new Y4mFormat(), bytes, [64]);
  try {
    while (source.poll(0) === "idle") {
      // The next call finds the next chunk.
    }
    const target = new Uint8Array(new ArrayBuffer(source.layout.byteLength));
    while (source.fill(target, 0) === "more") {
      // As above.
    }
    return Buffer.from(target);
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
}

function shown(bytes: Buffer): string {
  return `${bytes.length} bytes ${bytes.toString("hex", 0, 24)}`;
}

describe("y4m streams as FFmpeg reads them", () => {
  test.if(FFMPEG !== null)(
    "what FFmpeg reads is read pixel by pixel, or refused by name with the way out; what it refuses is refused",
    async () => {
      using folder = await temporaryFolder();
      mkdirSync(folder.path("y4m"));
      const cases = y4mCases();
      expect(cases.length).toBeGreaterThan(200);
      for (const [n, { bytes }] of cases.entries()) writeFileSync(folder.path(join("y4m", `${n}.y4m`)), bytes);
      const found = cases.map(({ bytes }) => ours(bytes));
      const isLikely = (n: number): boolean =>
        !(found[n] instanceof SourceError || cases[n]?.readHereOnly !== undefined);
      const verdicts = await judge(folder.path("y4m"), cases.length, isLikely);

      const wrong: string[] = [];
      const counts = { read: 0, refused: 0, both: 0 };
      for (const [n, { what, readHereOnly }] of cases.entries()) {
        const frame = verdicts[n] as Buffer | null;
        const mine = found[n] as Buffer | SourceError;
        if (frame === null || frame.length === 0) {
          if (mine instanceof SourceError) counts.both++;
          else if (readHereOnly === undefined)
            wrong.push(`${what}: FFmpeg refuses it, read here: ${mine.length} bytes`);
        } else if (mine instanceof SourceError) {
          counts.refused++;
          if (!/; (FFmpeg may read it|write)|expected XYSCSS=/.test(mine.message)) {
            wrong.push(`${what}: FFmpeg reads it, refused here without a way out: ${mine.code} ${mine.message}`);
          }
        } else {
          counts.read++;
          if (!mine.equals(frame)) wrong.push(`${what}: expected ${shown(frame)}, found ${shown(mine)}`);
        }
      }
      expect(wrong).toEqual([]);
      // Each kind of verdict was met: none of the comparisons is empty.
      expect(counts.read).toBeGreaterThan(100);
      expect(counts.refused).toBeGreaterThan(10);
      expect(counts.both).toBeGreaterThan(10);
    },
    // Some hundred starts of FFmpeg.
    5 * PROCESS_TEST_MS,
  );
});
