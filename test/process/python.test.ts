import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pythonWith } from "../support/doc-place.ts";
import { Place, SELF } from "../support/place.ts";
import { ROOT } from "../support/source-tree.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const NUMPY = process.env.TENSORPOOL_TEST_PYTHON ?? pythonWith("numpy");
const PYTHON = NUMPY ?? "python3";
const HAS_MATPLOTLIB = Bun.spawnSync([PYTHON, "-c", "import matplotlib"], { stderr: "ignore" }).exitCode === 0;
const TESTS = join(ROOT, "clients/python/tests");
const EXAMPLES = join(ROOT, "examples/python");
/** Twenty tests that start a dozen processes each. */
const SUITE_MS = 10 * PROCESS_TEST_MS;

/** Yellow pixels of an image file. */
const COUNT_YELLOW = `
import sys
import matplotlib.image
image = matplotlib.image.imread(sys.argv[1])
print(((image[..., 0] > 0.8) & (image[..., 1] > 0.8) & (image[..., 2] < 0.4)).sum())
`;

/** A word of a command line as a shell reads it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

const env = { ...process.env, TENSORPOOL: SELF.map(quoted).join(" "), PYTHONDONTWRITEBYTECODE: "1", NO_COLOR: "1" };

function start(args: readonly string[], more: Record<string, string> = {}) {
  return Bun.spawn([PYTHON, ...args], {
    cwd: TESTS,
    env: { ...env, ...more },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(args: readonly string[], more: Record<string, string> = {}) {
  const child = start(args, more);
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, stdout, stderr };
}

function whereOf(place: Place): Record<string, string> {
  return { AERON_DIR: place.aeronDir, TENSORPOOL_SHM_BASE_DIR: place.shmDir };
}

describe("the Python client", () => {
  test("NumPy is there to run it (apt-get install python3-numpy); continuous integration must have it", () => {
    if (NUMPY === null) console.error("NumPy is not installed: the Python client is NOT tested in this run");
    expect(NUMPY !== null || process.env.CI !== "true").toBe(true);
  });

  test.if(NUMPY !== null)(
    "passes its own tests",
    async () => {
      const { code, stderr } = await run(["-m", "unittest", "discover", "--start-directory", TESTS]);
      expect(code === 0 ? "" : stderr).toBe("");
      expect(stderr).toMatch(/Ran \d+ tests[\s\S]*\bOK\b/);
    },
    SUITE_MS,
  );

  test.if(NUMPY !== null)(
    "the examples run as they are: the detector publishes what the loop processes",
    async () => {
      await using place = new Place();
      const where = whereOf(place);
      const [detector, loop] = await Promise.all([
        run([join(EXAMPLES, "detector.py"), "--standalone", "--frames", "300", "--rate", "100"], where),
        run([join(EXAMPLES, "process.py"), "--standalone", "--once"], where),
      ]);
      expect([detector.code, loop.code, detector.stderr, loop.stderr]).toEqual([0, 0, "", ""]);
      expect(detector.stdout).toContain("published 300 frames");
      const processed = Number(/processed (\d+) frames/.exec(loop.stdout)?.[1]);
      expect(processed).toBeGreaterThan(0);
      expect(processed).toBeLessThanOrEqual(300);
      expect(existsSync(place.shmDir) ? place.regionFiles().filter((path) => path.includes("epoch-")) : []).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  if (!HAS_MATPLOTLIB) console.error(`${PYTHON} has no Matplotlib: examples/python/view.py is NOT tested in this run`);

  test.if(HAS_MATPLOTLIB)(
    "the view draws the detector's spot",
    async () => {
      await using place = new Place();
      const image = join(place.path, "view.png");
      const detector = start([join(EXAMPLES, "detector.py"), "--standalone"], whereOf(place));
      const view = await run([join(EXAMPLES, "view.py"), "--standalone", "--frames", "5", "--save", image], {
        ...whereOf(place),
        MPLBACKEND: "Agg",
      });
      detector.kill("SIGINT");
      expect([view.code, view.stdout, view.stderr]).toEqual([0, "showed 5 frames\n", ""]);
      // The background is dark; the spot alone has bright yellow in it.
      const yellow = await run(["-c", COUNT_YELLOW, image]);
      expect(Number(yellow.stdout)).toBeGreaterThan(20);
      expect(await detector.exited).toBe(0);
    },
    PROCESS_TEST_MS,
  );
});
