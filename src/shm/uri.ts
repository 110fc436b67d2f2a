import { quoted } from "../core/text.ts";
import { RegionCreateError, RegionError } from "./errors.ts";

/** A region's address in the form announced (section 5 of the wire specification). */
export interface RegionUri {
  /** Absolute, visible ASCII without `?` and `|`. */
  readonly path: string;
  readonly requireHugepages: boolean;
}

const SCHEME = "shm:file?";
const PATH = "path=";
const HUGEPAGES = "require_hugepages=";

/** Absolute, one or more visible ASCII characters except `?`, `|` and space. */
const ABSOLUTE_PATH = /^\/[\x21-\x3e\x40-\x7b\x7d\x7e]*$/;

/** True if `path` can be written into a region URI. */
export function isRegionPath(path: string): boolean {
  return ABSOLUTE_PATH.test(path);
}

/**
 * Parses `shm:file?path=<absolute path>[|require_hugepages=true|false]` (W-25). Strict: the path first, each parameter once.
 * @throws RegionError "uri-invalid"
 */
export function parseRegionUri(uri: string): RegionUri {
  if (!uri.startsWith(SCHEME)) throw invalid(uri, "scheme", `"${SCHEME}"`, uri.slice(0, SCHEME.length));
  const parameters = uri.slice(SCHEME.length).split("|");
  const first = parameters[0] ?? "";
  if (!first.startsWith(PATH)) throw invalid(uri, "first parameter", `"${PATH}<absolute path>"`, first);
  const path = first.slice(PATH.length);
  if (path === "") throw invalid(uri, "path", "an absolute path", "nothing");
  if (!path.startsWith("/")) throw invalid(uri, "path", "an absolute path", path);
  if (!isRegionPath(path)) throw invalid(uri, "path", "visible ASCII characters except ?, | and space", path);

  let requireHugepages: boolean | null = null;
  for (const parameter of parameters.slice(1)) {
    if (parameter.startsWith(PATH)) throw invalid(uri, "parameter", "path once", parameter);
    if (!parameter.startsWith(HUGEPAGES)) throw invalid(uri, "parameter", `"${HUGEPAGES}true|false"`, parameter);
    if (requireHugepages !== null) throw invalid(uri, "parameter", "require_hugepages once", parameter);
    const value = parameter.slice(HUGEPAGES.length);
    if (value !== "true" && value !== "false") throw invalid(uri, "require_hugepages", "true or false", value);
    requireHugepages = value === "true";
  }
  return { path, requireHugepages: requireHugepages ?? false };
}

/** Writes a region URI. @throws RegionCreateError "invalid-options" for a path that the grammar cannot express (W-25) */
export function formatRegionUri(uri: RegionUri): string {
  if (!isRegionPath(uri.path)) {
    throw new RegionCreateError(
      "invalid-options",
      `path ${quoted(uri.path)}: expected an absolute path of visible ASCII characters except ?, | and space`,
      { rule: "W-25", found: uri.path },
    );
  }
  return `${SCHEME}${PATH}${uri.path}${uri.requireHugepages ? `|${HUGEPAGES}true` : ""}`;
}

function invalid(uri: string, what: string, expected: string, found: string): RegionError {
  return new RegionError("uri-invalid", { subject: uri, what, expected, found: found === "" ? "nothing" : found });
}
