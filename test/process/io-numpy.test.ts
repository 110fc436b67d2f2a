import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSource, SourceError } from "../../src/io/index.ts";
import { pythonWith } from "../support/doc-place.ts";
import { readFrames, temporaryFolder } from "../support/io-frames.ts";
import { npyCases } from "../support/io-npy-headers.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const PYTHON = pythonWith("numpy");

/** What np.load makes of each file: its values as the wire has them, or null when it refuses the file. */
const JUDGE = `import json, os, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
for path in sys.stdin.read().split("\\0"):
    try:
        with open(path, "rb") as file:
            a = np.load(file)
            end = file.tell()
        # What follows the array is not part of the comparison.
        os.truncate(path, end)
        native = a.astype(a.dtype.newbyteorder("="))
        column = a.flags.f_contiguous and not a.flags.c_contiguous
        print(json.dumps({
            "dtype": native.dtype.name, "dims": list(a.shape), "order": "column" if column else "row",
            "hex": native.tobytes("F" if column else "C").hex(),
        }))
    except Exception as error:
        print("null")
`;

interface Verdict {
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly order: string;
  readonly hex: string;
}

async function ours(path: string): Promise<Verdict | SourceError> {
  try {
    const source = await openSource(`npy:${path}`);
    const [frame] = await readFrames(source, 1);
    source.close();
    if (frame === undefined) throw new Error(`${path}: no frame`);
    const { dtype, dims, majorOrder } = frame.layout;
    // An array that lies the same in both orders is C-contiguous to NumPy.
    const isBoth = frame.bytes.length === 0 || dims.filter((dim) => dim > 1).length < 2;
    const order = isBoth ? "row" : majorOrder;
    return { dtype, dims, order, hex: Buffer.from(frame.bytes).toString("hex") };
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
}

describe("npy files as NumPy reads them", () => {
  test("NumPy is there to compare with (apt-get install python3-numpy); continuous integration must have it", () => {
    if (PYTHON === null) console.error("NumPy is not installed: npy is NOT compared with it in this run");
    expect(PYTHON !== null || process.env.CI !== "true").toBe(true);
  });

  test.if(PYTHON !== null)(
    "what np.load reads is read value by value, or refused by name with the way out; what it refuses is refused",
    async () => {
      using folder = await temporaryFolder();
      mkdirSync(folder.path("npy"));
      const cases = npyCases().map((each, index) => ({ ...each, path: folder.path(join("npy", `${index}.npy`)) }));
      expect(cases.length).toBeGreaterThan(250);
      for (const { path, bytes } of cases) writeFileSync(path, bytes);
      const judge = Bun.spawn([PYTHON as string, "-c", JUDGE], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
      judge.stdin.write(cases.map(({ path }) => path).join("\0"));
      judge.stdin.end();
      const verdicts = (await judge.stdout.text()).trimEnd().split("\n");
      expect(await judge.exited).toBe(0);
      expect(verdicts).toHaveLength(cases.length);

      const wrong: string[] = [];
      const counts = { read: 0, refused: 0, both: 0, ours: 0 };
      for (const [index, { path, what, readHereOnly }] of cases.entries()) {
        const numpy = JSON.parse(verdicts[index] as string) as Verdict | null;
        const found = await ours(path);
        if (numpy === null) {
          if (found instanceof SourceError) counts.both++;
          else if (readHereOnly === true) counts.ours++;
          else wrong.push(`${what}: np.load refuses it, read here as ${JSON.stringify(found)}`);
        } else if (found instanceof SourceError) {
          counts.refused++;
          // By name, and with the way out.
          if (found.code !== "unsupported" || !/; (convert|save|use|a stack)|at most/.test(found.message)) {
            wrong.push(`${what}: np.load reads it, refused here without a way out: ${found.code} ${found.message}`);
          }
        } else {
          counts.read++;
          if (!Bun.deepEquals(found, numpy)) {
            wrong.push(`${what}: expected ${JSON.stringify(numpy)}, found ${JSON.stringify(found)}`);
          }
        }
      }
      expect(wrong).toEqual([]);
      // Each kind of verdict was met: none of the comparisons is empty.
      expect(counts.read).toBeGreaterThan(100);
      expect(counts.refused).toBeGreaterThan(30);
      expect(counts.both).toBeGreaterThan(50);
    },
    PROCESS_TEST_MS,
  );
});
