import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { emitSchema } from "./emit-schema.ts";
import { parseSchema } from "./parse.ts";

const ROOT = join(import.meta.dir, "../../..");
const SCHEMAS = ["control-900.xml", "driver-901.xml", "bridge-902.xml"];

/** Folder of the committed generated files. */
export const GENERATED = join(ROOT, "src/sbe/generated");

/** The generated files of all schemas, formatted, by their path below `GENERATED`. */
export function generateAll(): Map<string, string> {
  const files = new Map<string, string>();
  for (const file of SCHEMAS) {
    const schema = parseSchema(readFileSync(join(ROOT, "schemas", file), "utf8"), file);
    for (const [name, text] of emitSchema(schema, "../../runtime")) files.set(join(schema.shortName, name), text);
  }
  return format(files);
}

/** The files with the project's formatting, import order included. */
export function format(files: ReadonlyMap<string, string>): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "tensorpool-generate-"));
  try {
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const biome = join(ROOT, "node_modules/.bin/biome");
    const options = ["check", "--write", "--linter-enabled=false", "--vcs-enabled=false", `--config-path=${ROOT}`];
    const { status, stderr, error } = spawnSync(biome, [...options, folder], { encoding: "utf8", cwd: folder });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`biome could not format the generated code: ${stderr}`);
    return new Map([...files.keys()].map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The committed files, by their path below `GENERATED`. */
export function committedFiles(): Map<string, string> {
  const names = readdirSync(GENERATED, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return new Map(names.map((name) => [name, readFileSync(join(GENERATED, name), "utf8")]));
}
