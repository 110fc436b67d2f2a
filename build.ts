// Builds the single executable, with Bun and libaeron inside, that runs without an installation:
//
//   npm run build                     dist/tensorpool-linux-x64 (or -arm64, as this machine is)
//   npm run build -- --outfile PATH   somewhere else
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import packageJson from "./package.json" with { type: "json" };

const ROOT = import.meta.dir;

/** The libaeron.so that goes in: the one named by AERON_LIBRARY, else the one that set-up built. */
function findLibrary(): string {
  const named = process.env.AERON_LIBRARY;
  const library = named === undefined || named === "" ? join(ROOT, "ffi", "native", "build", "libaeron.so") : named;
  if (!existsSync(library))
    throw new Error(`${library} is not there: \`npm run build\` builds it, or set AERON_LIBRARY`);
  return realpathSync(library);
}

/** Compiles in a folder of its own and renames, so that nobody ever starts half an executable. */
async function compile(outfile: string, library: string): Promise<void> {
  mkdirSync(dirname(outfile), { recursive: true });
  const work = mkdtempSync(join(dirname(outfile), ".build-"));
  const temporary = join(work, basename(outfile));
  try {
    await Bun.build({
      entrypoints: [join(ROOT, "ffi", "native", "embedded-entry.ts")],
      target: "bun",
      format: "esm",
      // Names stay for the sake of error messages and stack traces.
      minify: { syntax: true, whitespace: true, identifiers: false, keepNames: true },
      // Goes into the executable: stack traces name our files and lines. (The copy beside it is not kept.)
      sourcemap: "linked",
      plugins: [
        {
          name: "libaeron",
          setup(build) {
            build.onResolve({ filter: /\/build\/libaeron\.so$/ }, () => ({ path: library }));
          },
        },
      ],
      // The settings of whatever folder the executable is started in are not its own.
      compile: { outfile: temporary, autoloadDotenv: false, autoloadBunfig: false },
    });
    renameSync(temporary, outfile);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ args: process.argv.slice(2), options: { outfile: { type: "string" } } });
const outfile = resolve(values.outfile ?? join(ROOT, "dist", `tensorpool-linux-${process.arch}`));
const startMs = performance.now();
await compile(outfile, findLibrary());
const megabytes = (statSync(outfile).size / 1e6).toFixed(1);
const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
console.log(`tensorpool ${packageJson.version}: ${outfile} (${megabytes} MB) built in ${seconds} s`);
