import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT } from "../support/source-tree.ts";

interface Workflow {
  readonly jobs: Record<string, { readonly "timeout-minutes": number; readonly steps: readonly { run?: string }[] }>;
}

const FOLDER = join(ROOT, ".github", "workflows");
const workflows = readdirSync(FOLDER).map((name) => ({
  name,
  jobs: Object.values((Bun.YAML.parse(readFileSync(join(FOLDER, name), "utf8")) as Workflow).jobs),
}));
const commands = workflows.flatMap(({ jobs }) => jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? [])));

describe("the workflows", () => {
  test("run .ci/run, and build the archives of a release", () => {
    expect(workflows.map(({ name }) => name).toSorted()).toEqual(["ci.yml", "release.yml"]);
    expect(commands).toContain(".ci/run");
    expect(commands).toContain("npm run build -- --target all --archive");
  });

  test("name scripts and files that exist", () => {
    const scripts = commands.flatMap((command) => [...command.matchAll(/npm run (?:-\S+ )*([\w:-]+)/g)]);
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, script = ""] of scripts) expect(Object.keys(packageJson.scripts)).toContain(script);
    const files = commands.flatMap((command) => [...command.matchAll(/(?:^| )(\.[\w/]+\/[\w/]+|[A-Z]+\.md)(?= |$)/g)]);
    for (const [, file = ""] of files)
      expect({ file, exists: existsSync(join(ROOT, file)) }).toEqual({ file, exists: true });
  });

  test("end by themselves", () => {
    for (const { jobs } of workflows) for (const job of jobs) expect(job["timeout-minutes"]).toBeGreaterThan(45);
  });
});
