import { messageOf } from "../../core/errors.ts";
import { SourceError } from "../errors.ts";
import { MAX_FRAME_BYTES } from "../layout.ts";
import type { FrameLayout } from "../types.ts";
import { COLORSPACE_NAMES, type Colorspace, colorspaceOf, frameLayout } from "./colorspace.ts";

/** The first word of a stream header. */
export const MAGIC = "YUV4MPEG2";

/** Without a C parameter a stream is 4:2:0, and readers assume JPEG's sample positions. */
const DEFAULT_COLORSPACE = "420jpeg";

/** FFmpeg reads more headers than the specification allows, and writes ones that are supported here. */
const CONVERT = "FFmpeg may read it, and writes what is read here: ffmpeg -i FILE -strict -1 -f yuv4mpegpipe -";

/** The stream header's parameters as written. */
export interface Y4mHeader {
  readonly width: number;
  readonly height: number;
  readonly colorspace: Colorspace;
  /** Frames per second as a fraction, `30000:1001`; null when absent. `0:0` means unknown. */
  readonly frameRate: string | null;
  /** `p`, `t`, `b` or `?`; null when absent. */
  readonly interlacing: string | null;
  /** `1:1`; null when absent. `0:0` means unknown. */
  readonly pixelAspect: string | null;
  /** The X parameters with their X, in order. */
  readonly extensions: readonly string[];
  readonly layout: FrameLayout;
  /** The original header line without its newline: one character per byte (latin1). */
  readonly text: string;
}

/** The line in the usual order of parameters: W H F I A C X. */
export function canonicalHeader(header: Omit<Y4mHeader, "text" | "layout">): string {
  const words = [MAGIC, `W${header.width}`, `H${header.height}`];
  if (header.frameRate !== null) words.push(`F${header.frameRate}`);
  if (header.interlacing !== null) words.push(`I${header.interlacing}`);
  if (header.pixelAspect !== null) words.push(`A${header.pixelAspect}`);
  words.push(`C${header.colorspace.name}`, ...header.extensions);
  return words.join(" ");
}

/** Frames per second; null if the header has none. */
export function frameRateHz(frameRate: string | null): number | null {
  const [numerator = 0, denominator = 0] = (frameRate ?? "").split(":").map(Number);
  return numerator > 0 && denominator > 0 ? numerator / denominator : null;
}

const DEEPEN = "write the samples with the next larger of these depths";

/** The colour space of the extension XYSCSS, which older programs write instead of C. */
const COLORSPACE_OF_YSCSS: ReadonlyMap<string, string> = new Map([
  ["420JPEG", "420jpeg"],
  ["420MPEG2", "420mpeg2"],
  ["420PALDV", "420paldv"],
  ["411", "411"],
  ["422", "422"],
  ["444", "444"],
]);
const YSCSS = "XYSCSS=";

/** The colour space of the header, by C or, without one, by XYSCSS. @throws SourceError */
function colorspaceNameOf(c: string | undefined, extensions: readonly string[], name: string): string {
  if (c !== undefined) return c;
  const older = extensions.findLast((word) => word.startsWith(YSCSS))?.slice(YSCSS.length);
  if (older === undefined) return DEFAULT_COLORSPACE;
  const found = COLORSPACE_OF_YSCSS.get(older);
  if (found !== undefined) return found;
  const expected = `${YSCSS}${[...COLORSPACE_OF_YSCSS.keys()].join(", ")}, or a parameter C`;
  throw new SourceError("unsupported", `${name}: yuv4mpeg2 header: expected ${expected}, found ${YSCSS}${older}`, {
    expected,
    found: older,
  });
}

/** Parses a header line without its newline: one character per byte. Parameters may come in any order. @throws SourceError */
export function parseY4mHeader(text: string, name: string): Y4mHeader {
  const [magic, ...words] = text.split(" ").filter((word) => word !== "");
  if (magic !== MAGIC) throw problem(name, `"${MAGIC}"`, JSON.stringify((magic ?? "").slice(0, 20)));
  const values = new Map<string, string>();
  const extensions: string[] = [];
  for (const word of words) {
    const tag = word[0] ?? "";
    if (tag === "X") {
      extensions.push(word);
      continue;
    }
    if (!"WHFIAC".includes(tag)) throw problem(name, "parameters W H F I A C X", JSON.stringify(word.slice(0, 20)));
    if (values.has(tag)) throw problem(name, `parameter ${tag} once`, `${tag}${values.get(tag)} and ${word}`);
    values.set(tag, word.slice(1));
  }
  const width = sizeOf(values.get("W"), "W", name);
  const height = sizeOf(values.get("H"), "H", name);
  const colorspaceName = colorspaceNameOf(values.get("C"), extensions, name);
  const colorspace = colorspaceOf(colorspaceName);
  if (colorspace === null) {
    throw new SourceError(
      "unsupported",
      `${name}: expected a colour space of ${COLORSPACE_NAMES}; found C${colorspaceName.slice(0, 20)}; ${/^(4\d\dp|mono)1[0-6]$/.test(colorspaceName) ? DEEPEN : CONVERT}`,
      { expected: COLORSPACE_NAMES, found: colorspaceName },
    );
  }
  const layout = frameLayout(colorspace, width, height);
  if (layout === null) {
    const limit = `a frame of at most ${MAX_FRAME_BYTES} bytes, which the largest slot takes`;
    throw new SourceError("unsupported", `${name}: expected ${limit}, found W${width} H${height} C${colorspaceName}`);
  }
  const interlacing = values.get("I") ?? null;
  if (interlacing === "m") {
    // Each FRAME line then has its frame's interlacing; metadata describes only the stream.
    throw new SourceError(
      "unsupported",
      `${name}: yuv4mpeg2 header: mixed interlacing (Im) is different from frame to frame, which metadata cannot tell; ` +
        "write the stream as progressive (Ip) or with one field order (It, Ib)",
      { expected: "Ip, It, Ib or I?", found: "Im" },
    );
  }
  if (interlacing !== null && !/^[ptb?]$/.test(interlacing)) {
    throw problem(name, "interlacing Ip, It, Ib or I?", `I${interlacing.slice(0, 20)}`);
  }
  return {
    width,
    height,
    colorspace,
    frameRate: fractionOf(values.get("F"), "F", name),
    interlacing,
    pixelAspect: fractionOf(values.get("A"), "A", name),
    extensions,
    layout,
    text,
  };
}

/** The same for untrusted text: returns the reason instead of an error. */
export function tryParseY4mHeader(text: string): Y4mHeader | string {
  try {
    return parseY4mHeader(text, "y4m");
  } catch (error) {
    return messageOf(error);
  }
}

function problem(name: string, expected: string, found: string): SourceError {
  const message = `${name}: yuv4mpeg2 header: expected ${expected}, found ${found}; ${CONVERT}`;
  return new SourceError("malformed", message, { expected, found });
}

function sizeOf(value: string | undefined, tag: string, name: string): number {
  if (value === undefined || !/^[1-9]\d{0,8}$/.test(value)) {
    throw problem(name, `${tag} with a size in pixels`, value === undefined ? "none" : `${tag}${value.slice(0, 20)}`);
  }
  return Number(value);
}

function fractionOf(value: string | undefined, tag: string, name: string): string | null {
  if (value === undefined) return null;
  if (!/^\d{1,10}:\d{1,10}$/.test(value)) throw problem(name, `${tag} with a fraction`, `${tag}${value.slice(0, 24)}`);
  return value;
}
