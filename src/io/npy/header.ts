import { SourceError, type SourceErrorCode } from "../errors.ts";
import { layoutOf, layoutProblem } from "../layout.ts";
import type { FrameLayout } from "../types.ts";
import { DESCR_OF_DTYPE, type Descr, parseDescr } from "./descr.ts";
import { type PythonLiteral, PythonLiteralError, parsePythonDict } from "./python-literal.ts";

/** `\x93NUMPY`, then major and minor version, then the header's length (u16, from version 2.0 on u32). */
const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const VERSION_1_PREFIX_BYTES = 10;
const VERSION_2_PREFIX_BYTES = 12;

/** The longest header that is read. Eight dimensions take less than 300 bytes; NumPy itself stops at 10,000. */
export const MAX_HEADER_BYTES = 65_536;

/** np.save pads the header so that the values begin at a multiple of this. */
const ALIGNMENT_BYTES = 64;

/** np.save leaves room for the growing dimension to be rewritten in place with up to this many digits. */
const GROWTH_DIGITS = 21;

export interface NpyHeader {
  readonly layout: FrameLayout;
  /** Bytes of an element when they have to be reversed, else 1. */
  readonly swapBytes: number;
}

function problem(code: SourceErrorCode, name: string, expected: string, found: string): SourceError {
  return new SourceError(code, `${name}: expected ${expected}, found ${found}`, { expected, found });
}

/**
 * Bytes of the whole header, as far as the first `length` bytes tell: more than `length` while bytes are missing.
 * @throws SourceError when this is no npy header, or one of a version or length that is not read
 */
export function npyHeaderLength(bytes: Uint8Array, length: number, name: string): number {
  for (let i = 0; i < Math.min(length, MAGIC.length); i++) {
    if (bytes[i] !== MAGIC[i]) {
      const found = `byte 0x${(bytes[i] ?? 0).toString(16).padStart(2, "0")} at ${i}`;
      throw problem("malformed", name, "an npy header (\\x93NUMPY)", found);
    }
  }
  if (length < VERSION_1_PREFIX_BYTES) return VERSION_1_PREFIX_BYTES;
  const major = bytes[6] ?? 0;
  const minor = bytes[7] ?? 0;
  if (major < 1 || major > 3 || minor !== 0) {
    throw problem("unsupported", name, "npy version 1.0, 2.0 or 3.0", `${major}.${minor}`);
  }
  if (major > 1 && length < VERSION_2_PREFIX_BYTES) return VERSION_2_PREFIX_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const textBytes = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (textBytes > MAX_HEADER_BYTES) {
    throw problem("unsupported", name, `an npy header of at most ${MAX_HEADER_BYTES} bytes`, `${textBytes}`);
  }
  return (major === 1 ? VERSION_1_PREFIX_BYTES : VERSION_2_PREFIX_BYTES) + textBytes;
}

/** Reads a complete header: `bytes` is exactly as long as `npyHeaderLength` says. @throws SourceError */
export function parseNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
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
  const shape = entries.get("shape");
  if (!Array.isArray(shape)) throw problem("malformed", name, "'shape': a tuple of integers", shown(shape));
  if (entries.size !== 3) {
    throw problem("malformed", name, "the keys descr, fortran_order and shape", [...entries.keys()].join(", "));
  }
  const found = layoutProblem(descr.dtype, shape);
  if (found !== null) throw new SourceError("unsupported", `${name}: ${found}`, { rule: "W-09" });
  return { layout: layoutOf(descr.dtype, shape, isFortran ? "column" : "row"), swapBytes: descr.swapBytes };
}

function descrOf(value: PythonLiteral | undefined, name: string): Descr {
  if (typeof value === "object" && "unread" in value) {
    throw problem("unsupported", name, "an array of plain numbers", "a structured dtype (record array)");
  }
  if (typeof value !== "string") throw problem("malformed", name, "'descr': a string", shown(value));
  const descr = parseDescr(value);
  if (!("refused" in descr)) return descr;
  const expected = "dtype bool, int8 to int64, uint8 to uint64, float32 or float64";
  throw new SourceError(
    "unsupported",
    `${name}: expected ${expected}, found ${descr.refused}; convert it in NumPy with array.astype(...)`,
    { rule: "W-11", expected, found: descr.refused },
  );
}

function shown(value: PythonLiteral | undefined): string {
  return value === undefined ? "none" : (JSON.stringify(value)?.slice(0, 60) ?? "none");
}

/** The dims that go into a file: "bit" is written as its packed bytes (np.unpackbits with bitorder="little" unpacks them). */
function shapeOf(layout: FrameLayout): readonly number[] {
  return layout.dtype === "bit" ? [layout.byteLength] : layout.dims;
}

/** The header that np.save writes (version 1.0) for an array of this layout, bit by bit. */
export function encodeNpyHeader(layout: FrameLayout): Uint8Array {
  const shape = shapeOf(layout);
  // An array that lies in memory the same in both orders is called C-contiguous by NumPy.
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
