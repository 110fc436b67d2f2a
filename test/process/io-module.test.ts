import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROCESS_TEST_MS } from "../support/until.ts";

const SUBJECT = join(import.meta.dir, "io-module-subject.ts");
const EXAMPLES = join(import.meta.dir, "../../examples/modules");
const work = mkdtempSync(join(tmpdir(), "tensorpool-module-"));
const binary = join(work, "subject");

beforeAll(async () => {
  await Bun.write(
    join(work, "elsewhere/source.ts"),
    `import { defineSource, from } from "tensorpool";
     import { first } from "./part.ts";
     export const source = defineSource({
       layout: { dtype: "uint8", dims: [2, 2] },
       description: \`of \${from}\`,
       poll: ({ n }) => (n < 3 ? "ready" : "end"),
       fill(values, { n }) { values.fill(first + n); },
     });`,
  );
  await Bun.write(join(work, "elsewhere/part.ts"), "export const first: number = 40;");
  await Bun.write(
    join(work, "elsewhere/sink.js"),
    `import { defineSink, from } from "tensorpool";
     let sum = 0;
     export default defineSink({
       frame({ values }) { sum += values[0]; },
       summary: () => [\`\${sum} by \${from}\`],
     });`,
  );
  await Bun.write(join(work, "elsewhere/broken.ts"), 'import { absent } from "tensorpool";\nexport default absent;');
  const child = Bun.spawn([process.execPath, "build", "--compile", SUBJECT, "--outfile", binary], {
    cwd: work,
    stdout: "ignore",
    stderr: "pipe",
  });
  const stderr = await child.stderr.text();
  if ((await child.exited) !== 0) throw new Error(stderr);
}, PROCESS_TEST_MS);

afterAll(() => rmSync(work, { recursive: true, force: true }));

async function run(command: readonly string[], cwd: string) {
  const child = Bun.spawn([...command], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, stdout, stderr };
}

for (const [how, command] of [
  ["a checkout", [process.execPath, SUBJECT]],
  ["a compiled executable", [binary]],
] as const) {
  describe(`user modules in ${how}`, () => {
    test("import this library by its name, and their own files, from anywhere on disk", async () => {
      const outcome = await run([...command, "module:elsewhere/source.ts", "module:elsewhere/sink.js"], work);
      expect(outcome).toEqual({
        code: 0,
        stderr: "",
        stdout: "module:elsewhere/sink.js took 3 frames\n123 by the process\n",
      });
    });

    test("are told what the library does not have", async () => {
      const { code, stderr } = await run([...command, "module:broken.ts", "null"], join(work, "elsewhere"));
      expect(code).toBe(1);
      expect(stderr).toContain("module:broken.ts: expected a module that loads, found SyntaxError: ");
      expect(stderr).toContain("absent");
    });

    test("the examples work", async () => {
      const source = `module:${EXAMPLES}/bars.ts,width=64`;
      await Bun.write(
        join(work, "stop.js"),
        `import { sink } from ${JSON.stringify(`${EXAMPLES}/brightness.ts`)};
         export default { ...sink, frame(f) { sink.frame(f); return f.seq < 2; } };`,
      );
      const { stdout, stderr } = await run([...command, source, "module:stop.js"], work);
      expect(stderr).toBe("");
      expect(stdout).toContain("the brightest frame had a mean of 32256.0");
    });
  });
}
