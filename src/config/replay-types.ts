import { formatPosition, POSITION_EXPECTED, type Position, readPosition } from "../io/mcap/position.ts";
import { readSpeed, SPEED_EXPECTED } from "../io/mcap/speed.ts";
import { isId, MAX_ID } from "../protocol/ids.ts";
import { scalar, type ValueType } from "./value-type.ts";

/** A position in a recording. */
export function position(): ValueType<Position> {
  return scalar(POSITION_EXPECTED, '"10s"', ["string"], readPosition, { format: formatPosition });
}

/** Replay speed relative to the recording; Infinity: as fast as frames are read. */
export function speed(): ValueType<number> {
  const format = (value: number): string => (value === Number.POSITIVE_INFINITY ? "max" : String(value));
  return scalar(SPEED_EXPECTED, '"2"', ["string", "number", "bigint"], readSpeed, { format });
}

/** A stream of a recording, and the id under which it is published. */
export interface StreamChoice {
  /** Its id, name or topic. */
  readonly which: string;
  /** Null: the id under which it was recorded. */
  readonly streamId: number | null;
}

/** Separates the choices of several flags. */
const SEPARATOR = "\n";

/** Streams of a recording, each under its own id or another one: repeat the flag for several streams. */
export function streamChoices(): ValueType<readonly StreamChoice[]> {
  const convert = (text: string): readonly StreamChoice[] | undefined => {
    const choices = text.split(SEPARATOR).map(choiceOf);
    return choices.every((each) => each !== undefined) ? choices : undefined;
  };
  const format = (choices: readonly StreamChoice[]): string =>
    choices.map(({ which, streamId }) => (streamId === null ? which : `${which}=${streamId}`)).join(SEPARATOR);
  const expected = `a stream by id, name or topic, and maybe "=" with another id from 1 to ${MAX_ID}`;
  return scalar(expected, '"camera-1=20000"', ["string", "bigint"], convert, { format });
}

function choiceOf(text: string): StreamChoice | undefined {
  const equals = text.lastIndexOf("=");
  if (equals < 0) return isStream(text) ? { which: text, streamId: null } : undefined;
  const [which, id] = [text.slice(0, equals), text.slice(equals + 1)];
  return isStream(which) && isIdText(id) ? { which, streamId: Number(id) } : undefined;
}

/** A text of digits is an id. */
function isStream(text: string): boolean {
  return /^\d+$/.test(text) ? isIdText(text) : text !== "";
}

function isIdText(text: string): boolean {
  return /^\d{1,10}$/.test(text) && isId(Number(text));
}

/** Formats in which frames of a recording can be written. */
const EXPORT_FORMATS = ["npy", "raw", "png", "y4m", "kerchunk", "hdf5"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportTarget {
  readonly format: ExportFormat;
  /** Null: named after the recording. */
  readonly path: string | null;
}

/** `npy:frames/` is the format npy and the path frames/. */
export function exportTarget(): ValueType<ExportTarget> {
  const convert = (text: string): ExportTarget | undefined => {
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const format = EXPORT_FORMATS.find((each) => each === name);
    const path = colon < 0 ? "" : text.slice(colon + 1);
    return format === undefined || path.includes("\0") ? undefined : { format, path: path === "" ? null : path };
  };
  const format = (target: ExportTarget): string =>
    target.path === null ? target.format : `${target.format}:${target.path}`;
  const expected = `one of ${EXPORT_FORMATS.join(", ")}, and maybe ":" with a path`;
  const hint = (text: string): string => (/^\d/.test(text) ? "; the end of a range is --until" : "");
  return scalar(expected, '"npy:frames/"', ["string"], convert, { format, hint });
}
