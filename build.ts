// Builds the single executable, which contains Bun and libaeron and runs without an installation:
//
//   npm run build                        dist/tensorpool-linux-x64 (or -arm64, for this machine's CPU)
//   npm run build -- --target all        for x64 and arm64
//   npm run build -- --archive           with archives of each executable and its accompanying files, and SHA256SUMS
//   npm run build -- --outfile PATH      to another path
//   npm run build -- --libaeron host     with the libaeron that set-up built: nothing is fetched, but it needs this machine's glibc
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { SetupError } from "./ffi/native/report.mjs";
import packageJson from "./package.json" with { type: "json" };
import { archive, writeChecksums } from "./packaging/archive.ts";
import { bunFor } from "./packaging/bun-executable.ts";
import { asksForNewerGlibc, type Parts, problemsOf } from "./packaging/checks.ts";
import { compile } from "./packaging/compile.ts";
import { readElf } from "./packaging/elf.ts";
import { type Library, libraryFor } from "./packaging/libraries.ts";
import { chosenTargets, type Target } from "./packaging/targets.ts";
import { checkoutCommit, commitTimeSeconds } from "./src/cli/commit.ts";

const DIST = join(import.meta.dir, "dist");
const say = (message: string): void => console.error(message);

async function build(target: Target, outfile: string, libraryKind: string): Promise<Library> {
  const [bun, library] = [await bunFor(target), await libraryFor(target, libraryKind, say)];
  const parts: Parts = { bun: readElf(bun), libaeron: readElf(library.path) };
  const problems = problemsOf(target, parts);
  const glibcProblem = `libaeron (${library.origin}) needs glibc ${parts.libaeron.glibc}, Bun only ${parts.bun.glibc}`;
  if (library.isPortable && asksForNewerGlibc(parts)) problems.push(glibcProblem);
  if (problems.length > 0)
    throw new SetupError(`the executable for ${target.arch} would not run:\n${problems.join("\n")}`);
  if (asksForNewerGlibc(parts)) say(`${glibcProblem}: it will not run on older systems than this one`);

  const startMs = performance.now();
  await compile({ target, outfile, bun, library: library.path, commit: checkoutCommit() });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const megabytes = (statSync(outfile).size / 1e6).toFixed(1);
  const glibc = asksForNewerGlibc(parts) ? parts.libaeron.glibc : parts.bun.glibc;
  console.log(
    `tensorpool ${packageJson.version} for ${target.arch}, glibc ${glibc} or newer: ${outfile} (${megabytes} MB) built in ${seconds} s`,
  );
  return library;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      target: { type: "string" },
      outfile: { type: "string" },
      archive: { type: "boolean", default: false },
      libaeron: { type: "string", default: "portable" },
    },
  });
  const targets = chosenTargets(values.target);
  if (values.outfile !== undefined && targets.length > 1)
    throw new SetupError("--outfile: expected one target with it");
  const archives: string[] = [];
  for (const target of targets) {
    const binary = resolve(values.outfile ?? join(DIST, `tensorpool-linux-${target.arch}`));
    const library = await build(target, binary, values.libaeron);
    if (!values.archive) continue;
    const name = `tensorpool-${packageJson.version}-linux-${target.arch}`;
    archives.push(await archive(name, { binary, library, timeSeconds: commitTimeSeconds() }));
    console.log(archives.at(-1));
  }
  if (archives.length > 0) console.log(writeChecksums(archives));
}

/** True for an error of node:fs, for example in a read-only checkout. */
function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error && "path" in error;
}

try {
  await main();
} catch (error) {
  // An error that the user can fix needs no stack trace.
  if (isOfFiles(error)) {
    say(
      `build: ${error.path}: ${error.syscall} failed (${error.code}); --outfile PATH builds in a folder that can be written`,
    );
  } else if (error instanceof SetupError || (error instanceof TypeError && "code" in error)) {
    say(`build: ${error.message}`);
  } else throw error;
  process.exitCode = 1;
}
