import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { LIBRARY_LINK, prepareLibrary } from "../ffi/native/libaeron.mjs";
import { preparePortableLibrary } from "../ffi/native/portable.mjs";
import { SetupError } from "../ffi/native/report.mjs";
import type { Target } from "./targets.ts";

/** A libaeron.so to embed in an executable. */
export interface Library {
  readonly path: string;
  /** Its origin, as text. */
  readonly origin: string;
  /** Built to run on machines with an older glibc than this one's. */
  readonly isPortable: boolean;
  /** The licence that came with its sources; null if there was none. */
  readonly licence: string | null;
}

/**
 * The libaeron for a target: the one named by AERON_LIBRARY; else, unless "host" is requested, one that is built to run
 * anywhere; else the one that set-up builds for this machine. `say` reports why the portable one was not available.
 *
 * @throws SetupError if there is none
 */
export async function libraryFor(target: Target, kind: string, say: (message: string) => void): Promise<Library> {
  if (kind !== "portable" && kind !== "host")
    throw new SetupError(`--libaeron: expected portable or host, found "${kind}"`);
  const named = process.env.AERON_LIBRARY;
  if (named !== undefined && named !== "") {
    if (!existsSync(named)) throw new SetupError(`AERON_LIBRARY: expected a file, found nothing at ${named}`);
    return { path: realpathSync(named), origin: `AERON_LIBRARY=${named}`, isPortable: false, licence: null };
  }
  if (kind === "portable") {
    try {
      const folder = await preparePortableLibrary(target.arch, process.env);
      const path = join(folder, "libaeron.so");
      return { path, origin: "built with Zig for old systems", isPortable: true, licence: licenceBeside(path) };
    } catch (error) {
      if (!(error instanceof SetupError) || target.arch !== process.arch) throw error;
      say(`${error.message}\nThe libaeron that set-up builds for this machine is taken instead.`);
    }
  }
  if (target.arch !== process.arch) throw new SetupError(`--libaeron host: expected --target ${process.arch} with it`);
  await prepareLibrary(process.env);
  const path = realpathSync(LIBRARY_LINK);
  return { path, origin: "built for this machine", isPortable: false, licence: licenceBeside(path) };
}

function licenceBeside(library: string): string | null {
  const path = join(dirname(library), "LICENSE");
  return existsSync(path) ? path : null;
}
