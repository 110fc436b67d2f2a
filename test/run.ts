// Runs everything that `npm test` stands for: the linter, the type check, and the tests, whose files run side by side. The last
// line on stdout is `N passed, N failed`, each of the first two counting as one test; what failed is listed just before it.
//
//   npm test                          all of it but test/full, whose tests take minutes
//   npm test -- test/unit -t W-25     the named tests only: arguments go to `bun test`
//   npm run test:full                 test/full, one file after the other: its tests take the whole machine
//   npm run test:full -- fuzz         the named files of it only
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Failure, failureList, failuresOf } from "./support/failure-list.ts";
import { sweepTestFolders } from "./support/test-folder.ts";
import { countTests, type TestCounts } from "./support/test-summary.ts";
import { PROCESS_TEST_MS } from "./support/until.ts";

const ROOT = join(import.meta.dir, "..");
const BIN = join(ROOT, "node_modules", ".bin");
const FULL = "./test/full";
/** A test that hangs inside native code cannot be timed out from within. */
const LIMIT_MS = { selection: 30 * 60_000, full: 33 * 60_000 };
/** For one test; Bun takes it from its command line only. It only ends tests that hang: a busy machine needs minutes for some. */
const TEST_LIMIT_MS = PROCESS_TEST_MS;
/** More would only compete for /dev/shm and for the CPUs that the timing of some tests depends on. */
const MAX_WORKERS = 4;

interface Outcome extends TestCounts {
  readonly failures: readonly Failure[];
}

/** What a child that is piped prints in, so that it looks as if it was not. */
const COLOURS = process.stderr.isTTY === true ? { FORCE_COLOR: "1" } : {};

async function runCheck(name: string, command: readonly string[]): Promise<Outcome> {
  const startMs = performance.now();
  const child = Bun.spawn([...command], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...COLOURS },
  });
  const texts = await Promise.all([pass(child.stdout, process.stdout), pass(child.stderr, process.stderr)]);
  const passed = (await child.exited) === 0;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.error(`(${passed ? "pass" : "fail"}) ${name} [${seconds} s]`);
  return passed
    ? { passed: 1, failed: 0, failures: [] }
    : { passed: 0, failed: 1, failures: [{ name, text: texts.join("\n") }] };
}

async function runTests(kind: "selection" | "full", args: readonly string[]): Promise<Outcome> {
  const workers = Math.min(MAX_WORKERS, availableParallelism());
  const options =
    kind === "selection"
      ? [`--parallel=${workers}`, `--path-ignore-patterns=${FULL.slice(2)}/**`, ...args]
      : args.length === 0
        ? [FULL]
        : args;
  const folder = mkdtempSync(join(tmpdir(), "tensorpool-tests-"));
  const report = join(folder, "junit.xml");
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const child = Bun.spawn([process.execPath, "test", `--timeout=${TEST_LIMIT_MS}`, ...reporter, ...options], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "pipe",
    env: { ...process.env, ...COLOURS },
  });
  const limitMs = LIMIT_MS[kind];
  const timer = setTimeout(() => {
    console.error(`The tests took more than ${limitMs / 60_000} minutes and were stopped.`);
    child.kill("SIGKILL");
  }, limitMs);
  const output = await pass(child.stderr, process.stderr);
  const exitCode = await child.exited;
  clearTimeout(timer);
  if (child.signalCode !== null) console.error(`The test run was ended by ${child.signalCode}.`);
  const counts = countTests(output, exitCode);
  const failures = failuresOf(existsSync(report) ? readFileSync(report, "utf8") : null, output, counts.failed);
  rmSync(folder, { recursive: true, force: true });
  return { ...counts, failures };
}

/** Passes on what comes, and keeps it: the summary comes last, and a run of all tests prints some 100 KB. */
async function pass(from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of from) {
    to.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

const isFull = process.argv[2] === "--full";
const args = process.argv.slice(isFull ? 3 : 2);
const ofFull = isFull ? undefined : args.find((arg) => /(^|\/)test\/full(\/|$)/.test(arg));
if (ofFull !== undefined) {
  console.error(`${ofFull} is not run by npm test, but by: npm run test:full -- ${args.join(" ")}`);
  process.exit(2);
}
const outcomes: Outcome[] = [];
for (const path of sweepTestFolders()) console.error(`removed ${path}, which a killed test had left`);
if (args.length === 0 && !isFull) {
  outcomes.push(await runCheck("lint: npm run lint", [join(BIN, "biome"), "check", "--error-on-warnings", "."]));
  outcomes.push(await runCheck("types: npm run typecheck", [join(BIN, "tsc"), "-p", "."]));
}
outcomes.push(await runTests(isFull ? "full" : "selection", args));

const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
process.stdout.write(failureList(outcomes.flatMap(({ failures }) => failures)));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
