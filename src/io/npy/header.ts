import { DESCR_OF_DTYPE } from "../../protocol/numpy-descr.ts";
import { SourceError, type SourceErrorCode } from "../errors.ts";
import { recognise } from "../input/known-formats.ts";
import { layoutOf, layoutProblem } from "../layout.ts";
import type { FrameLayout } from "../types.ts";
import { type Descr, parseDescr, type RefusedDescr } from "./descr.ts";
import {
  type PythonLiteral,
  PythonLiteralError,
  PythonSequence,
  parsePythonDict,
  pythonText,
} from "./python-literal.ts";

/** `\x93NUMPY`, then major and minor version, then the header's length (u16, from version 2.0 on u32). */
const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const VERSION_1_PREFIX_BYTES = 10;
const VERSION_2_PREFIX_BYTES = 12;

/** The longest accepted header. Eight dimensions take less than 300 bytes; NumPy itself stops at 10,000. */
export const MAX_HEADER_BYTES = 65_536;

/** np.save pads the header so that the values begin at a multiple of this. */
const ALIGNMENT_BYTES = 64;

/** np.save leaves room for the growing dimension to be rewritten in place with up to this many digits. */
const GROWTH_DIGITS = 21;

/** The axis that numbers the frames of a stack; null: each array is a frame. */
export type FramesAxis = 0 | -1 | null;

export interface NpyHeader {
  /** Layout of one frame. */
  readonly layout: FrameLayout;
  /** Frames that follow the header. */
  readonly frames: number;
  /** Element size in bytes if the bytes must be reversed, otherwise 1. */
  readonly swapBytes: number;
}

function problem(code: SourceErrorCode, name: string, expected: string, found: string, next = ""): SourceError {
  const message = `${name}: expected ${expected}, found ${found}${next === "" ? "" : `; ${next}`}`;
  return new SourceError(code, message, { expected, found });
}

/**
 * Size of the whole header, derived from the first `length` bytes: more than `length` while bytes are missing.
 * @param offset position of the header in its file
 * @throws SourceError if this is no npy header, or has an unsupported version or length
 */
export function npyHeaderLength(bytes: Uint8Array, length: number, name: string, offset = 0): number {
  for (let i = 0; i < Math.min(length, MAGIC.length); i++) {
    if (bytes[i] !== MAGIC[i]) throw notNpy(bytes, length, name, offset, i);
  }
  if (length < VERSION_1_PREFIX_BYTES) return VERSION_1_PREFIX_BYTES;
  const major = bytes[6] ?? 0;
  const minor = bytes[7] ?? 0;
  if (major < 1 || major > 3 || minor !== 0) {
    const next = "save it again with np.save";
    throw problem("unsupported", name, "npy version 1.0, 2.0 or 3.0", `${major}.${minor}`, next);
  }
  if (major > 1 && length < VERSION_2_PREFIX_BYTES) return VERSION_2_PREFIX_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const textBytes = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (textBytes > MAX_HEADER_BYTES) {
    throw problem("unsupported", name, `an npy header of at most ${MAX_HEADER_BYTES} bytes`, `${textBytes}`);
  }
  return (major === 1 ? VERSION_1_PREFIX_BYTES : VERSION_2_PREFIX_BYTES) + textBytes;
}

function notNpy(bytes: Uint8Array, length: number, name: string, offset: number, at: number): SourceError {
  const byte = `byte 0x${(bytes[at] ?? 0).toString(16).padStart(2, "0")} at ${offset + at}`;
  if (offset > 0) {
    const next = `what follows the values of a record must be another one (head -c ${offset} keeps those before it)`;
    return problem("malformed", name, `the next npy record (\\x93NUMPY) or the end at byte ${offset}`, byte, next);
  }
  const other = recognise(bytes, length, name, "npy");
  return problem("malformed", name, "an npy header (\\x93NUMPY)", other?.name ?? byte, other?.wayOut);
}

/**
 * Parses a complete header: `bytes` has exactly the length that `npyHeaderLength` returned.
 * @param framesAxis 0 or -1: the axis along which the array is split into frames; null: the array is one frame
 * @throws SourceError
 */
export function parseNpyHeader(bytes: Uint8Array, name: string, framesAxis: FramesAxis = null): NpyHeader {
  const prefixBytes = bytes[6] === 1 ? VERSION_1_PREFIX_BYTES : VERSION_2_PREFIX_BYTES;
  const text = new TextDecoder(bytes[6] === 3 ? "utf-8" : "latin1").decode(bytes.subarray(prefixBytes));
  let entries: ReadonlyMap<string, PythonLiteral>;
  try {
    entries = parsePythonDict(text);
  } catch (error) {
    if (!(error instanceof PythonLiteralError)) throw error;
    throw new SourceError("malformed", `${name}: ${error.message}`, { cause: error });
  }
  const descr = descrOf(entries.get("descr"), name);
  const isFortran = entries.get("fortran_order");
  if (typeof isFortran !== "boolean") {
    throw problem("malformed", name, "'fortran_order': True or False", shown(isFortran));
  }
  const shape = shapeFrom(entries.get("shape"), name);
  if (entries.size !== 3) {
    throw problem("malformed", name, "the keys descr, fortran_order and shape", [...entries.keys()].join(", "));
  }
  const { frames, dims } = cutShape(shape, isFortran, framesAxis, name);
  const found = layoutProblem(descr.dtype, dims);
  if (found !== null) {
    const next = framesAxis === null && dims.length > 1 && !isFortran ? stackAdvice(name) : "";
    throw new SourceError("unsupported", `${name}: ${found}${next}`, { rule: "W-09" });
  }
  const layout = layoutOf(descr.dtype, dims, isFortran ? "column" : "row");
  return { layout, frames, swapBytes: descr.swapBytes };
}

function stackAdvice(name: string): string {
  return `; a stack of frames is read one by one with npy:${name},frames-axis=0`;
}

/** The frames of an array: the array itself, or its consecutive parts along its outermost axis. */
function cutShape(
  shape: readonly number[],
  isFortran: boolean,
  framesAxis: FramesAxis,
  name: string,
): { readonly frames: number; readonly dims: readonly number[] } {
  if (framesAxis === null) return { frames: 1, dims: shape };
  const expected = `an array with an axis ${framesAxis} (frames-axis=${framesAxis})`;
  if (shape.length === 0) throw problem("unsupported", name, expected, "a scalar");
  // In one dimension the first axis is also the last.
  if (shape.length > 1 && isFortran !== (framesAxis === -1)) {
    const order = isFortran ? "Fortran order" : "C order";
    const next = isFortran
      ? "use frames-axis=-1, or save it with np.save('frames.npy', np.ascontiguousarray(array))"
      : "use frames-axis=0, or save it with np.save('frames.npy', np.moveaxis(array, -1, 0).copy())";
    throw problem("unsupported", name, `frames that lie one after the other along axis ${framesAxis}`, order, next);
  }
  return framesAxis === 0
    ? { frames: shape[0] as number, dims: shape.slice(1) }
    : { frames: shape.at(-1) as number, dims: shape.slice(0, -1) };
}

function shapeFrom(value: PythonLiteral | undefined, name: string): readonly number[] {
  const expected = "'shape': a tuple of integers from 0";
  if (!(value instanceof PythonSequence) || value.kind !== "tuple") {
    throw problem("malformed", name, expected, shown(value));
  }
  return value.items.map((item) => {
    // True is 1 in Python, and np.load accepts it.
    const dim = typeof item === "boolean" ? Number(item) : item;
    if (typeof dim === "number" && Number.isSafeInteger(dim) && dim >= 0) return dim;
    if (typeof dim === "number" && dim < 0) {
      const next = "save the array again: np.save('frames.npy', np.load('FILE'))".replace("FILE", () => name);
      throw problem("unsupported", name, expected, shown(value), next);
    }
    throw problem("malformed", name, expected, shown(value));
  });
}

function descrOf(value: PythonLiteral | undefined, name: string): Descr {
  const expected = "dtype bool, int8 to int64, uint8 to uint64, float32 or float64";
  const refuse = ({ refused, wayOut }: RefusedDescr): SourceError =>
    new SourceError(
      "unsupported",
      `${name}: expected ${expected}, found ${refused} (${shown(value)}); convert it in NumPy: ${wayOut}`,
      { rule: "W-11", expected, found: refused },
    );
  if (value instanceof PythonSequence) {
    throw refuse(
      value.kind === "list"
        ? {
            refused: "structured",
            wayOut: 'array["field"], or numpy.lib.recfunctions.structured_to_unstructured(array)',
          }
        : { refused: "sub-array", wayOut: "array.astype(...) of one number per element" },
    );
  }
  if (typeof value !== "string") throw problem("malformed", name, "'descr': a string", shown(value));
  const descr = parseDescr(value);
  if ("refused" in descr) throw refuse(descr);
  return descr;
}

const SHOWN_CHARACTERS = 60;

function shown(value: PythonLiteral | undefined): string {
  if (value === undefined) return "none";
  const text = pythonText(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}

/** The dims in a file: "bit" is written as its packed bytes (np.unpackbits with bitorder="little" unpacks them). */
function shapeOf(layout: FrameLayout): readonly number[] {
  return layout.dtype === "bit" ? [layout.byteLength] : layout.dims;
}

/** The header that np.save writes (version 1.0) for an array of this layout, byte for byte. */
export function encodeNpyHeader(layout: FrameLayout): Uint8Array {
  const shape = shapeOf(layout);
  // NumPy reports an array with the same memory layout in both orders as C-contiguous.
  const isBothOrders = layout.byteLength === 0 || shape.filter((dim) => dim > 1).length <= 1;
  const isFortran = layout.majorOrder === "column" && !isBothOrders;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  let text = `{'descr': '${DESCR_OF_DTYPE[layout.dtype]}', 'fortran_order': ${isFortran ? "True" : "False"}, 'shape': ${tuple}, }`;
  const growing = isFortran ? shape[shape.length - 1] : shape[0];
  if (growing !== undefined) text += " ".repeat(Math.max(0, GROWTH_DIGITS - String(growing).length));
  const unpadded = VERSION_1_PREFIX_BYTES + text.length + 1;
  text += `${" ".repeat(ALIGNMENT_BYTES - (unpadded % ALIGNMENT_BYTES))}\n`;
  const bytes = new Uint8Array(VERSION_1_PREFIX_BYTES + text.length);
  bytes.set(MAGIC);
  bytes[6] = 1;
  new DataView(bytes.buffer).setUint16(8, text.length, true);
  new TextEncoder().encodeInto(text, bytes.subarray(VERSION_1_PREFIX_BYTES));
  return bytes;
}
