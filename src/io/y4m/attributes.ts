import { isUtf8 } from "node:buffer";
import type { Attribute } from "../types.ts";
import { colorspaceOf } from "./colorspace.ts";
import { canonicalHeader, MAGIC, tryParseY4mHeader, type Y4mHeader } from "./header.ts";

const PREFIX = "y4m.";

/** A value holds the header's own bytes: if they are no text, the attribute's format is that of bytes. */
function attribute(key: string, value: string): Attribute {
  const bytes = new Uint8Array(Buffer.from(value, "latin1"));
  const format = isUtf8(bytes) ? "text/plain" : "application/octet-stream";
  return { key: PREFIX + key, format, value: bytes };
}

/** A y4m stream's facts apart from its frames, as metadata attributes (W-45). Absent parameters have none. */
export function attributesOf(header: Y4mHeader): readonly Attribute[] {
  const attributes: Attribute[] = [];
  const add = (key: string, value: string | null): void => {
    if (value !== null) attributes.push(attribute(key, value));
  };
  add("width", String(header.width));
  add("height", String(header.height));
  add("colorspace", header.colorspace.name);
  add("frame_rate", header.frameRate?.replace(":", "/") ?? null);
  add("interlacing", header.interlacing);
  add("pixel_aspect", header.pixelAspect);
  add("extensions", header.extensions.length === 0 ? null : header.extensions.join(" "));
  // With another order of parameters, or without C: the line itself, so that it can be written again byte by byte.
  add("header", canonicalHeader(header) === header.text ? null : header.text);
  return attributes;
}

/** The stream header that the attributes describe; null if they are not y4m's; a reason if they are unusable. */
export function headerFromAttributes(attributes: readonly Attribute[]): Y4mHeader | string | null {
  const values = new Map<string, string>();
  for (const { key, value } of attributes) {
    if (key.startsWith(PREFIX)) values.set(key.slice(PREFIX.length), Buffer.from(value).toString("latin1"));
  }
  if (!values.has("width") && !values.has("height")) return null;
  const text = values.get("header") ?? canonicalText(values);
  // Attributes come from another process: they must not be able to start a new line.
  return text.includes("\n") ? "expected y4m attributes without line ends" : tryParseY4mHeader(text);
}

function canonicalText(values: ReadonlyMap<string, string>): string {
  const words = [MAGIC, `W${values.get("width") ?? ""}`, `H${values.get("height") ?? ""}`];
  const frameRate = values.get("frame_rate");
  if (frameRate !== undefined) words.push(`F${frameRate.replace("/", ":")}`);
  if (values.has("interlacing")) words.push(`I${values.get("interlacing")}`);
  if (values.has("pixel_aspect")) words.push(`A${values.get("pixel_aspect")}`);
  words.push(`C${values.get("colorspace") ?? ""}`);
  if (values.has("extensions")) words.push(values.get("extensions") ?? "");
  return words.join(" ");
}

/** The name of a colour space for an array of these dims without further knowledge; null if there is none. */
export function inferHeader(dtype: string, dims: readonly number[], rate: string): Y4mHeader | string | null {
  if (dtype !== "uint8" && dtype !== "uint16") return null;
  const [height, width] = dims.length === 3 ? dims.slice(1) : dims;
  if (height === undefined || width === undefined) return null;
  const isPlanar = dims.length === 3 && dims[0] === 3;
  if (dims.length !== 2 && !isPlanar) return null;
  const deep = dtype === "uint16" ? (isPlanar ? "p16" : "16") : "";
  const colorspace = colorspaceOf((isPlanar ? "444" : "mono") + deep);
  if (colorspace === null) return null;
  return tryParseY4mHeader(
    canonicalHeader({
      width,
      height,
      colorspace,
      frameRate: rate,
      interlacing: "p",
      pixelAspect: "1:1",
      extensions: [],
    }),
  );
}
