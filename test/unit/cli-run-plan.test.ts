import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { COMMANDS } from "../../src/cli/commands.ts";
import { layeredOptions } from "../../src/cli/config/layered-options.ts";
import { readOptions } from "../../src/cli/config/read-options.ts";
import { type RunPlan, runPlan } from "../../src/cli/run/run-plan.ts";
import { GENERAL } from "../../src/cli/specs/common-options.ts";
import type { RunValues } from "../../src/cli/specs/driver.ts";
import { Origins, valuesOf } from "../../src/config/index.ts";
import { commandNamed } from "../support/command-values.ts";
import { TemporaryDirectory } from "../support/shm.ts";

/** What `run` would start with this file. */
function planOf(text: string, ...args: readonly string[]): RunPlan {
  using directory = new TemporaryDirectory();
  const file = directory.at("roles.toml");
  writeFileSync(file, text);
  const command = commandNamed("run");
  const specs = [...command.options, ...Object.values(GENERAL)];
  const { written } = readOptions("run", specs, ["--config", file, ...args], () => "");
  const { given, settings } = layeredOptions(COMMANDS, command, written, {});
  const values = valuesOf("run", specs, given) as unknown as RunValues;
  return runPlan({ values, origins: new Origins(specs, given), settings, commands: COMMANDS });
}

const ROLES = [
  "[common]",
  "quiet = true",
  "[[producers]]",
  "name = 'left'",
  "source = 'synthetic:'",
  "[[producers]]",
  "name = 'right'",
  "stream = 7",
  "source = 'synthetic:'",
  "quiet = false",
].join("\n");

test("what a file says of every role is below what it says of one, and what `run` is told is above both", () => {
  const quietOf = (...args: readonly string[]): boolean[] =>
    planOf(ROLES, ...args).producers.map(({ values }) => values.quiet);
  expect(quietOf()).toEqual([true, false]);
  expect(quietOf("--quiet")).toEqual([true, true]);
  expect(quietOf("--no-quiet")).toEqual([false, false]);
});

test("a mistake of a role is named with its place in the file", () => {
  const at =
    (lines: string): (() => RunPlan) =>
    () =>
      planOf(`[[consumers]]\n${lines}\n`);
  expect(at("sink = 'y4m:-'\nstats_interval = 1")).toThrow(
    "roles.toml:3: consumers[0].stats_interval: the sink y4m:- takes standard output",
  );
  expect(at("sink = 'npyy:x'")).toThrow("roles.toml:2: consumers[0].sink: expected one of");
});
