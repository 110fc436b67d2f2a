import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { bundlePage } from "../src/view/bundle-page.ts";
import { withoutObeyedVariables } from "./bun-executable.ts";
import type { Target } from "./targets.ts";

const NATIVE = join(import.meta.dir, "..", "ffi", "native");
const ENTRY = join(NATIVE, "embedded-entry.ts");
/** Output of set-up; not under version control. */
const BUILT = join(NATIVE, "build");

export interface Compilation {
  readonly target: Target;
  readonly outfile: string;
  /** Path of the target's Bun. */
  readonly bun: string;
  /** Path of the target's libaeron.so. */
  readonly library: string;
  /** "" if it is unknown. */
  readonly commit: string;
}

/**
 * Writes the viewer's page next to the native libraries, named after its contents: its path goes into the executable, and the same
 * files give the same bytes.
 */
async function writePage(): Promise<string> {
  const text = JSON.stringify(await bundlePage());
  const page = join(BUILT, `view-${Bun.hash(text).toString(16)}.page`);
  const temporary = `${page}.${process.pid}`;
  await Bun.write(temporary, text);
  renameSync(temporary, page);
  return page;
}

/** Compiles in a temporary folder and renames, so that no process starts a partial executable. @throws AggregateError */
export async function compile({ target, outfile, bun, library, commit }: Compilation): Promise<void> {
  mkdirSync(dirname(outfile), { recursive: true });
  const work = mkdtempSync(join(dirname(outfile), ".build-"));
  const temporary = join(work, basename(outfile));
  const runtime = join(work, "bun");
  try {
    const page = await writePage();
    await Bun.write(runtime, withoutObeyedVariables(Buffer.from(await Bun.file(bun).arrayBuffer())));
    await Bun.build({
      entrypoints: [ENTRY],
      target: "bun",
      format: "esm",
      // Keeps modules separate, loaded on demand. In a single file they become functions that assign variables of that file, and the
      // compiler no longer treats constants as such: a frame would take a fifth longer, and the start twice as long.
      splitting: true,
      // Parsed at build time: otherwise a start of 20 ms would take 70 ms.
      bytecode: true,
      // Names are kept for error messages and stack traces.
      minify: { syntax: true, whitespace: true, identifiers: false, keepNames: true },
      // Embedded in the executable: stack traces name our files and lines. (The copy next to it is deleted.)
      sourcemap: "linked",
      define: { TENSORPOOL_COMMIT: JSON.stringify(commit) },
      plugins: [
        {
          name: "libaeron and the page",
          setup(build) {
            build.onResolve({ filter: /\/build\/libaeron\.so$/ }, () => ({ path: library }));
            build.onResolve({ filter: /\/build\/view\.page$/ }, () => ({ path: page }));
          },
        },
      ],
      compile: {
        target: target.bun,
        executablePath: runtime,
        outfile: temporary,
        // The executable must not read settings from the folder in which it is started.
        autoloadDotenv: false,
        autoloadBunfig: false,
      },
    });
    renameSync(temporary, outfile);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
