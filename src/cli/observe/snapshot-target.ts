import { statSync } from "node:fs";
import { OptionError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { openSink } from "../../io/index.ts";
import { openPngFile } from "../../io/png/file-sink.ts";
import { parsePngOptions } from "../../io/png/options.ts";
import type { Sink } from "../../io/types.ts";
import type { SnapshotValues } from "../specs/observe.ts";

type SnapshotFormat = NonNullable<SnapshotValues["format"]>;

const EXTENSIONS: Readonly<Record<string, SnapshotFormat>> = { png: "png", npy: "npy", raw: "raw", bin: "raw" };

const FORMATS = [...new Set(Object.values(EXTENSIONS))];

/** Destination and format of the frame. */
export interface SnapshotTarget {
  /** A file, or `-` for standard output. */
  readonly path: string;
  readonly format: SnapshotFormat;
  /** @throws SinkError */
  open(): Promise<Sink>;
}

/** Reads --to, --format and --png. @throws UsageError */
export function snapshotTarget(values: SnapshotValues): SnapshotTarget {
  const path = values.to;
  const format = formatOf(values, path);
  const png = values.png;
  if (png !== undefined && format !== "png") {
    throw new OptionError("png", `expected the format png with it, found ${format}`, { found: format });
  }
  if (path !== "-" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new OptionError("to", `${path}: expected a file, found a folder`, { expected: "a file", found: "a folder" });
  }
  const pictureOptions = png ?? "";
  if (format !== "png") return { path, format, open: () => openSink(`${format}:${path}`, { replaces: true }) };
  try {
    parsePngOptions(pictureOptions);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new OptionError("png", error.problem, { found: pictureOptions, cause: error });
  }
  return { path, format, open: () => openPngFile(path, pictureOptions, { replaces: true }) };
}

function formatOf(values: SnapshotValues, path: string): SnapshotFormat {
  if (values.format !== undefined) return values.format;
  const names = Object.keys(EXTENSIONS);
  if (path === "-") {
    throw new OptionError("to", `expected --format, one of ${FORMATS.join(", ")}`, { part: "-", expected: "--format" });
  }
  const extension = /\.([^./]*)$/.exec(path)?.[1] ?? "";
  const format = Object.hasOwn(EXTENSIONS, extension.toLowerCase()) ? EXTENSIONS[extension.toLowerCase()] : undefined;
  if (format !== undefined) return format;
  const expected = `a file named ${names.map((name) => `*.${name}`).join(", ")}, or --format`;
  const hint = extension === "" ? "" : suggestion(extension, names);
  throw new OptionError("to", `expected ${expected}, found "${path}"${hint}`, { expected, found: path });
}
