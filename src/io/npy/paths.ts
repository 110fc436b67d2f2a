import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SourceError } from "../errors.ts";
import { isStdin, openError } from "../input/open-input.ts";
import { optionError, requirePath, SOURCE } from "../spec.ts";
import type { FramesAxis } from "./header.ts";

/** The parts of an `npy:` spec. */
export interface NpyList {
  readonly paths: readonly string[];
  readonly framesAxis: FramesAxis;
}

const AXIS_KEY = "frames-axis=";

/** Parses `FILE,DIR/,..,frames-axis=0`; `\,` is a comma within a name. @throws OptionError */
export function parseNpyList(rest: string): NpyList {
  const items = requirePath("npy", rest, SOURCE, "FILE")
    .split(/(?<!\\),/)
    .map((item) => item.replaceAll("\\,", ","));
  const last = items.at(-1) as string;
  const hasAxis = items.length > 1 && last.startsWith(AXIS_KEY);
  const paths = hasAxis ? items.slice(0, -1) : items;
  if (paths.includes("")) {
    throw optionError(SOURCE, `expected npy:FILE,FILE, found an empty name in "npy:${rest}"`, { found: rest });
  }
  if (paths.filter(isStdin).length > 1) {
    throw optionError(SOURCE, `expected standard input once at most, found "npy:${rest}"`, { found: rest });
  }
  return { paths, framesAxis: hasAxis ? parseAxis(last.slice(AXIS_KEY.length)) : null };
}

function parseAxis(text: string): FramesAxis {
  if (text === "0") return 0;
  if (text === "-1") return -1;
  const expected = "frames-axis=0, or -1 for arrays in Fortran order";
  throw optionError(
    { ...SOURCE, part: "npy" },
    `expected ${expected}, found "${text}"; np.moveaxis(array, ${/^\d+$/.test(text) ? text : "N"}, 0).copy() puts another axis first`,
    { expected, found: text },
  );
}

/** Digits are compared by value: frame-2 comes before frame-10. */
const byName = new Intl.Collator("en", { numeric: true });

/** The files of a list: a directory stands for its .npy files, in name order. @throws SourceError */
export async function expandDirectories(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const names = isStdin(path) ? null : await namesIn(path);
    if (names === null) files.push(path);
    else for (const name of names) files.push(join(path, name));
  }
  return files;
}

/** Null if it is not a directory. */
async function namesIn(path: string): Promise<readonly string[] | null> {
  let names: string[];
  try {
    if (!(await stat(path)).isDirectory()) return null;
    names = await readdir(path);
  } catch (error) {
    throw openError(path, error);
  }
  const frames = names.filter((name) => name.endsWith(".npy") && !name.startsWith("."));
  if (frames.length === 0) {
    const found = names.length === 0 ? "an empty folder" : `${names.length} other names, such as ${names[0]}`;
    throw new SourceError("empty", `${path}: expected .npy files in the folder, found ${found}`, {
      expected: ".npy files",
      found,
    });
  }
  return frames.sort((a, b) => byName.compare(a, b) || (a < b ? -1 : 1));
}
