import { writeFileSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { toJson } from "../../core/text.ts";
import { FIGURE_COLUMNS, type Figure, type SectionResult, say } from "../bench/figures.ts";
import { describeMachine, hintsOf, type Machine } from "../bench/machine.ts";
import type { BenchOptions, Deployment } from "../bench/options.ts";
import { SECTIONS } from "../bench/sections/index.ts";
import type { Job } from "../bench/worker/jobs.ts";
import { runJob } from "../bench/worker/run.ts";
import { Workspace } from "../bench/workspace.ts";
import type { Output } from "../output/output.ts";
import type { BenchValues } from "../specs/bench.ts";
import { tool } from "../tool/tool.ts";

/** `bench`: takes measurements and their references in the same run. */
export const run = tool<BenchValues>(async ({ values, positionals, output }) => {
  const [name, job] = positionals;
  // The bench starts its worker processes this way.
  if (name === "worker" && job !== undefined) {
    await runJob(JSON.parse(job) as Job);
    return;
  }
  const names = sectionsOf(name);
  if (job !== undefined) throw new UsageError(`bench: unexpected argument "${job}"`, { found: job });
  const benchOptions = optionsOf(values);
  const machine = await describeMachine();
  describe(machine);
  using workspace = new Workspace();
  const results: Record<string, SectionResult> = {};
  for (const section of names) {
    const measure = SECTIONS[section] as (typeof SECTIONS)[string];
    results[section] = await measure(workspace, benchOptions);
  }
  print(output, results, machine);
  if (values.to !== undefined) writeFileSync(values.to, `${toJson(jsonOf(results, machine), 2)}\n`);
});

function sectionsOf(name: string | undefined): readonly string[] {
  const known = Object.keys(SECTIONS);
  if (name === "all") return known;
  if (name !== undefined && known.includes(name)) return [name];
  const expected = `one of ${[...known, "all"].join(", ")}`;
  if (name === undefined) throw new UsageError(`bench: expected ${expected}, found nothing`, { expected });
  throw new UsageError(`bench: expected ${expected}, found "${name}"${suggestion(name, known)}`, {
    expected,
    found: name,
  });
}

function optionsOf(values: BenchValues): BenchOptions {
  const { payload, frames, slots, fill, flow, consumers, streams, mediaDriver, rate, seconds, minutes, rounds, idle } =
    values;
  return {
    payloadBytes: payload,
    frames,
    slots,
    fill,
    flow,
    consumers,
    streams,
    deployment: deploymentOf(values),
    mediaDriver,
    rateHz: rate,
    seconds: seconds === undefined ? undefined : seconds / 1e9,
    minutes,
    rounds,
    idle,
  };
}

/** @throws UsageError if both are set */
function deploymentOf({ standalone, driver }: BenchValues): Deployment | undefined {
  if (standalone && driver) throw new UsageError("bench: expected --standalone or --driver, found both");
  return driver ? "driver" : standalone ? "standalone" : undefined;
}

function describe(machine: Machine): void {
  const { cpu, cores, kernel, governor, shmemEnabled, loadAverage } = machine;
  say(
    `${cpu}, ${cores} cores, Linux ${kernel}, governor ${governor ?? "none"}, shmem_enabled ${shmemEnabled ?? "unknown"}, ` +
      `load ${loadAverage.toFixed(2)}, Bun ${Bun.version}`,
  );
  for (const hint of hintsOf(machine)) say(`  ${hint}`);
}

/** A single section yields its own fields; several yield an object keyed by section name. */
function jsonOf(results: Readonly<Record<string, SectionResult>>, machine: Machine): Record<string, unknown> {
  const entries = Object.entries(results);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) return { ...only[1].json, machine };
  return { machine, ...Object.fromEntries(entries.map(([name, { json }]) => [name, json])) };
}

function print(output: Output, results: Readonly<Record<string, SectionResult>>, machine: Machine): void {
  if (output.format === "json") {
    output.line(toJson(jsonOf(results, machine), 2));
    return;
  }
  if (output.format === "jsonl") {
    for (const [section, { json }] of Object.entries(results)) output.line(toJson({ section, ...json }));
    return;
  }
  const figures: Figure[] = Object.values(results).flatMap((result) => result.figures);
  output.rows(FIGURE_COLUMNS, figures);
}
