import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compareVersions, type ElfFile } from "./elf.ts";
import type { Target } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");
/** The folders whose code calls libaeron. */
const CALLERS = ["ffi", "src/aeron"];
/** The libraries of glibc: the executable runs in a container that has no others. */
const PARTS_OF_GLIBC = /^(?:libc|libm|libdl|libpthread|ld-linux-[\w-]+)\.so\.\d+$/;

/** The names of the libaeron functions in our symbol tables. */
export function neededFunctions(): readonly string[] {
  const names = CALLERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(ROOT, folder, file), "utf8"))
      .flatMap((text) => [...text.matchAll(/^\s+(aeron_\w+): \{\s*args:/gm)])
      .map(([, name = ""]) => name),
  );
  return [...new Set(names)].sort();
}

/** The two native parts of an executable. */
export interface Parts {
  readonly bun: ElfFile;
  readonly libaeron: ElfFile;
}

/** Reasons why the parts cannot run together: another CPU, a library that is not part of glibc, missing functions. */
export function problemsOf(target: Target, parts: Parts): string[] {
  const problems: string[] = [];
  for (const [name, { arch, libraries }] of Object.entries(parts)) {
    if (arch !== target.arch) problems.push(`${name}: expected ${target.arch}, found ${arch}`);
    const others = libraries.filter((library: string) => !PARTS_OF_GLIBC.test(library));
    if (others.length > 0) problems.push(`${name}: expected glibc's own libraries only, found ${others.join(", ")}`);
  }
  const missing = neededFunctions().filter((name) => !parts.libaeron.defined.has(name));
  return missing.length === 0
    ? problems
    : [...problems, `libaeron: expected every function that is called, without ${missing.join(", ")}`];
}

/** True if libaeron needs a newer glibc than Bun does. */
export function asksForNewerGlibc({ bun, libaeron }: Parts): boolean {
  if (libaeron.glibc === null) return false;
  return bun.glibc === null || compareVersions(libaeron.glibc, bun.glibc) > 0;
}
