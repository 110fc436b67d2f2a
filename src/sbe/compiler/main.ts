import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { GENERATED, generateAll } from "./generate.ts";

const files = generateAll();
rmSync(GENERATED, { recursive: true, force: true });
for (const [name, text] of files) {
  mkdirSync(dirname(join(GENERATED, name)), { recursive: true });
  writeFileSync(join(GENERATED, name), text);
}
console.error(`generated ${files.size} files in src/sbe/generated`);
