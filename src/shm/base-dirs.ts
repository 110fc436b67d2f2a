import { realpathSync } from "node:fs";
import { UsageError } from "../core/errors.ts";
import { quoted } from "../core/text.ts";
import { RegionError } from "./errors.ts";

/** A path without links, and the allowed directory that holds it. */
export interface ContainedPath {
  readonly canonical: string;
  /** Canonical; `canonical` is this, a slash, and `components` joined by slashes. */
  readonly base: string;
  readonly components: readonly string[];
}

/**
 * The directories below which regions may be mapped (W-26). They are resolved once, at process start, so that a later change of a link does
 * not widen them. A directory that does not exist then (a consumer started before any producer created the default folder) is resolved at
 * the first lookup of a region after it appeared, and keeps that result. This is safe: until the directory exists, there is nothing below
 * it to map.
 */
export class AllowedBaseDirs {
  readonly #entries: { readonly given: string; resolved: string | null }[];

  private constructor(dirs: readonly string[]) {
    this.#entries = dirs.map((given) => ({ given, resolved: resolveOrNull(given) }));
  }

  /** @throws UsageError for an empty list or a relative path */
  static resolve(dirs: readonly string[]): AllowedBaseDirs {
    if (dirs.length === 0) throw new UsageError("allowed base directories: at least one is needed", { rule: "W-26" });
    for (const dir of dirs) {
      if (!dir.startsWith("/") || dir.includes("\0")) {
        throw new UsageError(`allowed base directory ${quoted(dir)}: expected an absolute path`, {
          rule: "W-26",
          found: dir,
        });
      }
    }
    return new AllowedBaseDirs(dirs);
  }

  /** The directories as given. */
  get dirs(): readonly string[] {
    return this.#entries.map((entry) => entry.given);
  }

  /** The canonical form of `path` if it lies within an allowed directory. @throws RegionError as `locate` */
  contain(path: string): string {
    return this.locate(path).canonical;
  }

  /**
   * Resolves all links of `path` and finds the allowed directory that contains the result.
   * @throws RegionError "path-not-allowed" (W-26), "region-gone" if the file does not exist
   */
  locate(path: string): ContainedPath {
    if (!path.startsWith("/") || path.includes("\0")) throw this.#refused(path, path);
    const canonical = canonicalOf(path);
    for (const entry of this.#entries) {
      entry.resolved ??= resolveOrNull(entry.given);
      const base = entry.resolved;
      if (base === null) continue;
      // The slash keeps /a/bc from passing as part of /a/b; the directory itself is not a region.
      const prefix = base === "/" ? "/" : `${base}/`;
      if (!canonical.startsWith(prefix) || canonical === prefix) continue;
      return { canonical, base, components: canonical.slice(prefix.length).split("/") };
    }
    throw this.#refused(path, canonical);
  }

  #refused(path: string, found: string): RegionError {
    const expected = `a path within ${this.#entries.map((entry) => entry.resolved ?? `${entry.given} (does not exist)`).join(", ")}`;
    return new RegionError("path-not-allowed", { subject: path, what: "path", expected, found });
  }
}

function canonicalOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === "ENOENT") {
      throw new RegionError("region-gone", {
        subject: path,
        what: "file",
        expected: "a file",
        found: "nothing",
        cause,
      });
    }
    throw new RegionError("path-not-allowed", {
      subject: path,
      what: "path",
      expected: "a path that can be resolved",
      found: code,
      cause,
    });
  }
}

function resolveOrNull(dir: string): string | null {
  try {
    return realpathSync(dir);
  } catch (error) {
    // Any reason that prevents its resolution (missing, no rights, a loop) also prevents mapping everything below it.
    return errorCode(error) === "" ? rethrow(error) : null;
  }
}

function rethrow(error: unknown): never {
  throw error;
}

function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
