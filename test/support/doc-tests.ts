import { describe, expect, test } from "bun:test";
import { type DocBlock, docBlocks, type Plan } from "./doc-blocks.ts";
import { DocPlace, interrupt, pythonWith } from "./doc-place.ts";
import type { RoleProcess } from "./role-process.ts";
import { PROCESS_TEST_MS, until } from "./until.ts";

type Runnable = Exclude<Plan, { how: "not run" }>;

/** Tried where they are installed anyway: they bring some hundred packages along. */
const WHERE_IT_IS = /^gst-/;

/** `python3-MODULE` is a module of Python, `gst-ELEMENT` an element of GStreamer, which comes with one of its sets of plugins. */
function isInstalled(name: string): boolean {
  if (name.startsWith("python3-")) return pythonWith(name.slice("python3-".length)) !== null;
  const inspect = name.startsWith("gst-") ? Bun.which("gst-inspect-1.0") : null;
  if (name.startsWith("gst-")) {
    return inspect !== null && Bun.spawnSync([inspect, "--exists", name.slice("gst-".length)]).exitCode === 0;
  }
  return Bun.which(name) !== null;
}

async function hasSaid(shells: readonly RoleProcess[], pattern: RegExp): Promise<void> {
  const all = (): string => shells.map((shell) => `${shell.stdout}\n${shell.stderr}`).join("\n");
  await until(
    () => pattern.test(all()) || shells.every((shell) => shell.hasEnded),
    () => `${pattern} in what the block prints:\n${all()}`,
  );
  expect(all()).toMatch(pattern);
}

/** Exit codes of a program that Ctrl-C has ended in order: roles have 130. */
const ENDED = ["0", "130"];

/** What a shell, Python or tensorpool prints when an example does not work, also where other output has the pattern. */
const BROKEN =
  /Traceback \(most recent call last\)|: command not found|: No such file or directory|SyntaxError|^tensorpool: | ERROR /m;

/** Ends a script that has shown what it was to show, as Ctrl-C does, and checks how what it ran has ended. */
async function end(place: DocPlace, shell: RoleProcess): Promise<void> {
  expect(`${shell.stdout}\n${shell.stderr}`).not.toMatch(BROKEN);
  const ended = place.exits().length;
  interrupt(shell);
  await until(
    () => shell.hasEnded,
    () => `the end after Ctrl-C:\n${shell.describe()}\n${shell.stdout}`,
  );
  const failed = place
    .exits()
    .slice(ended)
    .filter((line) => !ENDED.includes(line.split(" ")[0] as string));
  if (failed.length > 0) throw new Error(`${failed.join("\n")}\n${shell.describe()}\n${shell.stdout}`);
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
    if (!shell.hasEnded) return end(place, shell);
  }
  expect(`${shell.stdout}\n${shell.stderr}`).not.toMatch(BROKEN);
  if ((await shell.exit()) !== 0) throw new Error(`${shell.describe()}\n${shell.stdout}`);
}

/** Runs a block as its plan says. */
export async function playBlock(place: DocPlace, block: DocBlock, plan: Runnable): Promise<void> {
  if (plan.beside !== null) await place.serve(plan.beside, plan.streamId);
  if (plan.how === "run") return play(place, block.script, plan);
  if (plan.how === "each") {
    for (const command of block.commands) await play(place, command, plan);
    return;
  }
  const shells = block.commands.map((command) => place.script(command));
  await hasSaid(shells, plan.until as RegExp);
  // A command that shows something and then fails has not worked.
  for (const shell of shells) if (shell.hasEnded) expect(await shell.exit()).toBe(0);
  for (const shell of shells.toReversed()) if (!shell.hasEnded) await end(place, shell);
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
      const required = missing.filter((name) => !WHERE_IT_IS.test(name));
      expect(process.env.CI === "true" ? required : []).toEqual([]);
    });

    for (const { block, plan } of runnable) {
      if (plan.needs.some((name) => missing.includes(name))) continue;
      test(
        `${block.page}, line ${block.line}: ${(block.commands[0] ?? "").slice(0, 60)}`,
        async () => {
          await using place = new DocPlace();
          await playBlock(place, block, plan);
        },
        // A block may hold many commands, one after the other.
        PROCESS_TEST_MS * (1 + block.commands.length),
      );
    }
  });
}
