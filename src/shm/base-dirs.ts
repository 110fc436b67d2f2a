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
 * The directories below which regions may be mapped (W-26). They are resolved once, when the process starts, so that a link
 * that is changed later does not widen them. One that does not exist at that time (a consumer that was started before any
 * producer made the default folder) cannot be resolved yet: it is resolved when a region is first looked up after it came to
 * be, and stays as it was resolved then. That gives away nothing: until it exists there is nothing below it to map.
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

  /** The canonical form of `path` when it lies within an allowed directory. @throws RegionError as `locate` */
  contain(path: string): string {
    return this.locate(path).canonical;
  }

  /**
   * Resolves all links of `path` and finds the allowed directory that holds the result.
   * @throws RegionError "path-not-allowed" (W-26), "region-gone" when there is no such file
   */
  locate(path: string): ContainedPath {
    if (!path.startsWith("/") || path.includes("\0")) throw this.#refused(path, path);
    const canonical = canonicalOf(path);
    for (const entry of this.#entries) {
      entry.resolved ??= resolveOrNull(entry.given);
      const base = entry.resolved;
      if (base === null) continue;
      // The slash keeps /a/bc from passing as a part of /a/b; the directory itself is no region.
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
    // Whatever keeps it from being resolved (missing, no rights, a loop) keeps everything below it from being mapped too.
    return errorCode(error) === "" ? rethrow(error) : null;
  }
}

function rethrow(error: unknown): never {
  throw error;
}

function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
