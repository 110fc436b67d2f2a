import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Place } from "./place.ts";
import { codeOf, ROOT, textFiles } from "./source-tree.ts";

const BINARIES = join(ROOT, "dist", "smoke");
const LIBRARY = join(ROOT, "ffi", "native", "build", "libaeron.so");
/** Far longer than a build takes: it only ends tests that would wait indefinitely. */
export const BUILD_MS = 60_000;

/**
 * The single executable that tests run: the one named by TESTED_BINARY, else one that is built once for the files as they
 * are. It has the libaeron that set-up built, so that nothing has to be fetched for it.
 */
export async function testedBinary(): Promise<string> {
  const named = process.env.TESTED_BINARY;
  if (named !== undefined && named !== "") return named;
  const key = keyOfFiles();
  const binary = join(BINARIES, key, "tensorpool");
  if (existsSync(binary)) return binary;
  mkdirSync(BINARIES, { recursive: true });
  // The files have changed since: their executables are of no more use, but one that runs just now keeps its own.
  for (const entry of readdirSync(BINARIES)) {
    if (!entry.startsWith(key)) rmSync(join(BINARIES, entry), { recursive: true, force: true });
  }
  // Tests of several files may build it side by side: it is there for the others only when it is whole.
  const folder = join(BINARIES, `${key}-${process.pid}`);
  const built = join(folder, "tensorpool");
  const build = Bun.spawn([process.execPath, "build.ts", "--libaeron", "host", "--outfile", built], {
    cwd: ROOT,
    stdout: "ignore",
    stderr: "pipe",
  });
  const stderr = await build.stderr.text();
  if ((await build.exited) !== 0) throw new Error(`the build failed:\n${stderr}`);
  mkdirSync(join(BINARIES, key), { recursive: true });
  renameSync(built, binary);
  rmSync(folder, { recursive: true });
  return binary;
}

/** Stands for everything that goes into the executable. */
function keyOfFiles(): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const { path, text } of codeOf(textFiles())) {
    if (/^(?:src|ffi|packaging)\/|^build\.ts$/.test(path)) hasher.update(`${path}\0${text}\0`);
  }
  hasher.update(readFileSync(join(ROOT, "package.json")));
  hasher.update(readFileSync(LIBRARY));
  return hasher.digest("hex").slice(0, 16);
}

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A place whose command line is the single executable, started in an empty folder with nothing in its environment but a folder
 * for temporary files.
 */
export class BinaryPlace extends Place {
  /** Where it is started. */
  readonly folder: string;
  /** Its TMPDIR. */
  readonly temporary: string;
  readonly binary: string;
  readonly #work: string;

  static async create(): Promise<BinaryPlace> {
    return new BinaryPlace(await testedBinary(), mkdtempSync(join(tmpdir(), "tensorpool-smoke-")));
  }

  private constructor(binary: string, work: string) {
    const [folder, temporary] = [join(work, "folder"), join(work, "tmp")];
    super(["/usr/bin/env", "-i", "-C", folder, `TMPDIR=${temporary}`, "NO_COLOR=1", binary]);
    this.#work = work;
    this.folder = folder;
    this.temporary = temporary;
    this.binary = binary;
    for (const path of [folder, temporary]) mkdirSync(path);
  }

  /** Runs it to its end. `env` is all of its environment but TMPDIR; `files` are put into its folder first. */
  async outcome(
    args: readonly string[],
    { env = {}, files = {} }: { env?: Record<string, string>; files?: Record<string, string> } = {},
  ): Promise<Outcome> {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text);
    const child = Bun.spawn([this.binary, ...args], {
      cwd: this.folder,
      env: { TMPDIR: this.temporary, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { exitCode: await child.exited, stdout, stderr };
  }

  /** Names of what lies in its folder, its TMPDIR and its place in shared memory; [] when nothing was left behind. */
  get leftovers(): string[] {
    const left = [this.folder, this.temporary, this.path].filter((path) => existsSync(path));
    return left.flatMap((path) => readdirSync(path));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    rmSync(this.#work, { recursive: true, force: true });
  }
}

/** Process ids of everything that runs an executable. */
export function runningPids(binary: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readlinkSync(join("/proc", pid, "exe")) === binary;
      } catch {
        // It ended between the two calls, or belongs to another user: not ours either way.
        return false;
      }
    })
    .map(Number);
}
