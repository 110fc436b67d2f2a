import { statSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { openSink } from "../../io/index.ts";
import { openPngFile } from "../../io/png/file-sink.ts";
import { parsePngOptions } from "../../io/png/options.ts";
import type { Sink } from "../../io/types.ts";
import type { OptionValues } from "../option-spec.ts";

const FORMATS = ["png", "npy", "raw"] as const;
type SnapshotFormat = (typeof FORMATS)[number];

const EXTENSIONS: Readonly<Record<string, SnapshotFormat>> = { png: "png", npy: "npy", raw: "raw", bin: "raw" };

/** Where the frame goes, and as what. */
export interface SnapshotTarget {
  /** A file, or `-` for standard output. */
  readonly path: string;
  readonly format: SnapshotFormat;
  /** @throws SinkError */
  open(): Promise<Sink>;
}

/** From --to, --format and --png. @throws UsageError */
export function snapshotTarget(options: OptionValues): SnapshotTarget {
  const path = options.required("to", "frame.png");
  const format = formatOf(options, path);
  const png = options.text("png");
  if (png !== undefined && format !== "png") {
    throw new UsageError(`--png: expected the format png with it, found ${format}`, { found: format });
  }
  if (path !== "-" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UsageError(`--to: ${path}: expected a file, found a folder`, { expected: "a file", found: "a folder" });
  }
  const pictureOptions = png ?? "";
  if (format !== "png") return { path, format, open: () => openSink(`${format}:${path}`, { replaces: true }) };
  try {
    parsePngOptions(pictureOptions);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(error.message.replace("--sink png", "--png"), { found: pictureOptions, cause: error });
  }
  return { path, format, open: () => openPngFile(path, pictureOptions, { replaces: true }) };
}

function formatOf(options: OptionValues, path: string): SnapshotFormat {
  if (options.has("format")) return options.choice("format", FORMATS, "npy");
  const names = Object.keys(EXTENSIONS);
  if (path === "-") {
    throw new UsageError(`--to -: expected --format, one of ${FORMATS.join(", ")}`, { expected: "--format" });
  }
  const extension = /\.([^./]*)$/.exec(path)?.[1] ?? "";
  const format = Object.hasOwn(EXTENSIONS, extension.toLowerCase()) ? EXTENSIONS[extension.toLowerCase()] : undefined;
  if (format !== undefined) return format;
  const expected = `a file named ${names.map((name) => `*.${name}`).join(", ")}, or --format`;
  const hint = extension === "" ? "" : suggestion(extension, names);
  throw new UsageError(`--to: expected ${expected}, found "${path}"${hint}`, { expected, found: path });
}
