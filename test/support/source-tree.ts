import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

export const ROOT = join(import.meta.dir, "..", "..");
const LEFT_OUT = new Set([
  ".git",
  "node_modules",
  "dist",
  "types",
  "ffi/native/build",
  "ffi/native/portable",
  "ffi/native/tools",
]);

export interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly specifier: string;
  /** Path of the file it names, relative to the checkout; null for packages. */
  readonly target: string | null;
  /** True when the compiler erases it. */
  readonly isTypeOnly: boolean;
  /** True for `import(...)`, which is loaded when it is come to. */
  readonly isDynamic: boolean;
}

/** All text files of the checkout that are, or could be, committed. */
export function textFiles(folder = ""): SourceFile[] {
  const files: SourceFile[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    // What Bun writes while another test builds the executable goes again at any moment.
    if (LEFT_OUT.has(path) || path.endsWith(".bun-build")) continue;
    if (entry.isDirectory()) {
      files.push(...textFiles(path));
    } else if (entry.isFile()) {
      const bytes = readFileSync(join(ROOT, path));
      if (!bytes.subarray(0, 8192).includes(0)) files.push({ path, text: bytes.toString("utf8") });
    }
  }
  return files;
}

/** The code among the files. */
export function codeOf(files: readonly SourceFile[]): SourceFile[] {
  return files.filter(({ path }) => /\.(ts|mjs)$/.test(path));
}

const IMPORTS = [
  // import x from "a"; import type { y } from "a"; export * from "a"
  /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*$]|\{)[^;"'`()]*?\sfrom\s+"([^"]+)"/gm,
  // import "a"
  /^[ \t]*import\s+()"([^"]+)"/gm,
  // import("a")
  /\bimport\(()\s*"([^"]+)"/gm,
];

/** What a file imports, in whichever way. */
export function importsOf(file: SourceFile): Import[] {
  return IMPORTS.flatMap((pattern, index) =>
    [...file.text.matchAll(pattern)].map(([, type, specifier = ""]) => ({
      specifier,
      target: specifier.startsWith(".") ? normalize(join(dirname(file.path), specifier)) : null,
      isTypeOnly: type !== undefined && type !== "",
      isDynamic: index === IMPORTS.length - 1,
    })),
  );
}

/** Cycles among the imports that remain at run time, each as the list of files that it goes through. */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(files.map((file) => [file.path, importsOf(file).flatMap(runTimeTarget)]));
  const cycles: string[][] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path]);
      return;
    }
    if (finished.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}

function runTimeTarget({ target, isTypeOnly }: Import): string[] {
  return target === null || isTypeOnly ? [] : [relative("", target)];
}
