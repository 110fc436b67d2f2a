import { describe, expect, test } from "bun:test";
import { type DocBlock, docBlocks, type Plan } from "./doc-blocks.ts";
import { DocPlace, interrupt, pythonWith } from "./doc-place.ts";
import type { RoleProcess } from "./role-process.ts";
import { PROCESS_TEST_MS, until } from "./until.ts";

type Runnable = Exclude<Plan, { how: "not run" }>;

/** Tried where they are installed anyway: they bring some hundred packages along. */
const WHERE_IT_IS: readonly string[] = ["gst-launch-1.0"];

const isInstalled = (program: string): boolean =>
  program.startsWith("python3-") ? pythonWith(program.slice("python3-".length)) !== null : Bun.which(program) !== null;

async function hasSaid(shells: readonly RoleProcess[], pattern: RegExp): Promise<void> {
  const all = (): string => shells.map((shell) => `${shell.stdout}\n${shell.stderr}`).join("\n");
  await until(
    () => pattern.test(all()) || shells.every((shell) => shell.hasEnded),
    () => `${pattern} in what the block prints:\n${all()}`,
  );
  expect(all()).toMatch(pattern);
}

/** Runs one script to its end, or until it has said what is waited for. */
async function play(place: DocPlace, script: string, plan: Runnable): Promise<void> {
  const shell = place.script(script);
  const { until: pattern } = plan;
  if (pattern !== null) {
    await until(
      () => shell.hasEnded || pattern.test(`${shell.stdout}\n${shell.stderr}`),
      () => `${pattern}:\n${shell.describe()}\n${shell.stdout}`,
    );
    if (plan.how === "run") await hasSaid([shell], pattern);
    if (!shell.hasEnded) {
      interrupt(shell);
      return;
    }
  }
  if ((await shell.exit()) !== 0) throw new Error(`${shell.describe()}\n${shell.stdout}`);
}

async function playAll(place: DocPlace, block: DocBlock, plan: Runnable): Promise<void> {
  if (plan.beside !== null) await place.serve(plan.beside, plan.streamId);
  if (plan.how === "run") return play(place, block.script, plan);
  if (plan.how === "each") {
    for (const command of block.commands) await play(place, command, plan);
    return;
  }
  const shells = block.commands.map((command) => place.script(command));
  await hasSaid(shells, plan.until as RegExp);
  for (const shell of shells.toReversed()) interrupt(shell);
}

/** Declares a test for each block of commands on these pages. */
export function testCommandsOf(pages: readonly string[]): void {
  const runnable = pages
    .flatMap((page) => docBlocks(page))
    .flatMap((block) => (block.plan === null || block.plan.how === "not run" ? [] : [{ block, plan: block.plan }]));
  const needed = [...new Set(runnable.flatMap(({ plan }) => plan.needs))];
  const missing = needed.filter((name) => !isInstalled(name));

  describe("the commands in the documentation", () => {
    test("programs that they use are installed where it counts: continuous integration must have them", () => {
      if (missing.length > 0) console.error(`not installed, so NOT tried in this run: ${missing.join(", ")}`);
      const required = missing.filter((name) => !WHERE_IT_IS.includes(name));
      expect(process.env.CI === "true" ? required : []).toEqual([]);
    });

    for (const { block, plan } of runnable) {
      if (plan.needs.some((name) => missing.includes(name))) continue;
      test(
        `${block.page}, line ${block.line}: ${(block.commands[0] ?? "").slice(0, 60)}`,
        async () => {
          await using place = new DocPlace();
          await playAll(place, block, plan);
        },
        // A block may hold many commands, one after the other.
        PROCESS_TEST_MS * (1 + block.commands.length),
      );
    }
  });
}
