import { expect, test } from "bun:test";
import { join } from "node:path";

/** What a library that was compiled with -ffast-math does to the thread that loads it: denormal numbers are 0 from then on. */
const FLUSHING = `
  import { openLibrary } from "./ffi/symbols.ts";
  import { SharedWords } from "./src/shm/atomics.ts";
  const MXCSR = 28, FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x40;
  const { fegetenv, fesetenv } = openLibrary("libm.so.6", {
    fegetenv: { args: ["ptr"], returns: "i32" },
    fesetenv: { args: ["ptr"], returns: "i32" },
  });
  const buffer = new ArrayBuffer(8);
  const words = new SharedWords(buffer);
  const halves = new Uint32Array(buffer);
  const environment = new DataView(new ArrayBuffer(64));
  fegetenv(environment);
  const bits = Number(process.argv.at(-1)) & (FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
  environment.setUint32(MXCSR, environment.getUint32(MXCSR, true) | bits, true);
  let wrong = 0;
  // Often enough that it is compiled.
  for (let seq = 0; seq < 300_000; seq++) {
    if (seq === 150_000) fesetenv(environment);
    for (const value of [seq * 2 + 1, seq * 2]) {
      words.store(0, value);
      if (halves[0] !== value || halves[1] !== 0 || !words.holds(0, value) || words.load(0) !== value) wrong++;
    }
  }
  for (const value of [2 ** 52 - 2, 2 ** 52 - 1, 2 ** 52, 2 ** 52 + 1, 2 ** 52 + 4, 2 ** 53 - 1, 3, 0, 1]) {
    words.store(0, value);
    if (halves[0] + halves[1] * 2 ** 32 !== value) wrong++;
  }
  const tiny = new Float64Array([5e-324]);
  process.stdout.write(wrong + " wrong, " + (tiny[0] + tiny[0] === 0 ? "flushed" : "kept"));
  process.exit(0);
`;

// On arm64 the control word is another one.
test.if(process.arch === "x64")(
  "W-14: a word has its bits, also where a library has denormal numbers taken for 0",
  async () => {
    const outcomes: string[] = [];
    for (const bits of [0, 0x8000, 0x40, 0x8040]) {
      const child = Bun.spawn([process.execPath, "-e", FLUSHING, String(bits)], {
        cwd: join(import.meta.dir, "../.."),
        stderr: "inherit",
      });
      outcomes.push(await child.stdout.text());
    }
    expect(outcomes).toEqual(["0 wrong, kept", "0 wrong, flushed", "0 wrong, flushed", "0 wrong, flushed"]);
  },
);
