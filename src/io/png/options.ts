import { suggestion } from "../../core/nearest.ts";
import { type OptionPlace, optionError, parseKeyValues } from "../spec.ts";

/** The values that become black and white; values outside are clamped. */
export interface ValueRange {
  readonly minimum: number;
  readonly maximum: number;
}

export interface PngOptions {
  /**
   * null: uint8, bytes, uint16, bool and bit as they are, other dtypes as "auto". "auto": from each frame's smallest to its
   * largest value. "none": as they are, or refused.
   */
  readonly scale: null | "auto" | "none" | ValueRange;
  /** Depth of a sample in the file; null: 16 for uint16 as it is, else 8. */
  readonly bits: 8 | 16 | null;
  /** Axis of the colour channels of three dimensions; null: derived from the dims, see `pictureOf`. */
  readonly channels: "first" | "last" | null;
}

const KEYS = ["scale", "bits", "channels"];
const PLACE: OptionPlace = { option: "sink", part: "png" };

/** The options after `png:DIR,`. @throws OptionError */
export function parsePngOptions(text: string): PngOptions {
  const values = parseKeyValues(text, KEYS, PLACE);
  return {
    scale: parseScale(values.get("scale")),
    bits: Number(oneOf("bits", values.get("bits"), ["8", "16"])) === 16 ? 16 : values.has("bits") ? 8 : null,
    channels: oneOf("channels", values.get("channels"), ["first", "last"]),
  };
}

function parseScale(text: string | undefined): PngOptions["scale"] {
  if (text === undefined || text === "auto" || text === "none") return text ?? null;
  const [, from, to] = /^(-?[\d.]+(?:e[+-]?\d+)?)\.\.(-?[\d.]+(?:e[+-]?\d+)?)$/i.exec(text) ?? [];
  const [minimum, maximum] = [Number(from), Number(to)];
  if (minimum < maximum && Number.isFinite(minimum) && Number.isFinite(maximum)) return { minimum, maximum };
  const expected = "auto, none or MIN..MAX with MIN below MAX";
  throw optionError(PLACE, `scale: expected ${expected}, found "${text}"${suggestion(text, ["auto", "none"])}`, {
    expected,
    found: text,
  });
}

function oneOf<Name extends string>(key: string, text: string | undefined, names: readonly Name[]): Name | null {
  if (text === undefined) return null;
  const name = names.find((candidate) => candidate === text);
  if (name !== undefined) return name;
  const expected = names.join(" or ");
  throw optionError(PLACE, `${key}: expected ${expected}, found "${text}"`, { expected, found: text });
}
