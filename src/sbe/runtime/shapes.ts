import { type Refusal, refusal } from "./refusal.ts";

/** Bytes of the SBE message header (W-34). */
export const MESSAGE_HEADER_BYTES = 8;
/** Bytes before the entries of a group (W-34). */
export const GROUP_HEADER_BYTES = 4;
/** Bytes before a string or blob (W-34). */
export const DATA_HEADER_BYTES = 4;
/** Most bytes of a string or blob (W-34). */
export const MAX_DATA_BYTES = 2 ** 30;

/** The required values of a message's header, with prepared refusals. */
export interface MessageShape {
  readonly schemaId: number;
  readonly templateId: number;
  readonly minVersion: number;
  readonly version: number;
  /** Indexed by version, from `minVersion` on. */
  readonly blockLengths: readonly number[];
  readonly truncated: Refusal;
  readonly wrongSchema: Refusal;
  readonly wrongTemplate: Refusal;
  readonly wrongVersion: Refusal;
  readonly wrongBlockLength: Refusal;
  readonly trailingBytes: Refusal;
}

export interface GroupShape {
  /** Indexed by version, from the message's `minVersion` on. */
  readonly blockLengths: readonly number[];
  readonly minVersion: number;
  /** Bytes of the smallest variable part of one entry. */
  readonly variableBytes: number;
  readonly truncated: Refusal;
  readonly wrongBlockLength: Refusal;
  readonly pastEnd: Refusal;
}

export interface DataShape {
  readonly ascii: boolean;
  readonly truncated: Refusal;
  readonly tooLong: Refusal;
  readonly pastEnd: Refusal;
  readonly nonAscii: Refusal;
}

export function messageShape(
  name: string,
  schemaId: number,
  templateId: number,
  minVersion: number,
  blockLengths: readonly number[],
): MessageShape {
  const version = minVersion + blockLengths.length - 1;
  const versions = minVersion === version ? `version ${version}` : `a version from ${minVersion} to ${version}`;
  return {
    schemaId,
    templateId,
    minVersion,
    version,
    blockLengths,
    truncated: refusal("truncated", name, "", "the header and all fixed fields within the message"),
    wrongSchema: refusal("schema", name, "schemaId", `schema ${schemaId}`),
    wrongTemplate: refusal("template", name, "templateId", `template ${templateId}`),
    wrongVersion: refusal("version", name, "version", versions),
    wrongBlockLength: refusal("block-length", name, "blockLength", `a block of ${blockLengths.join(" or ")} bytes`),
    trailingBytes: refusal("trailing-bytes", name, "", "no bytes after the last part"),
  };
}

export function groupShape(
  message: string,
  field: string,
  minVersion: number,
  blockLengths: readonly number[],
  variableBytes: number,
): GroupShape {
  return {
    blockLengths,
    minVersion,
    variableBytes,
    truncated: refusal(
      "truncated",
      message,
      field,
      "the group's dimensions and its entries' fixed fields within the message",
    ),
    wrongBlockLength: refusal("group-block-length", message, field, `entries of ${blockLengths.join(" or ")} bytes`),
    pastEnd: refusal("group-past-end", message, field, "a number of entries that fits into the message"),
  };
}

export function dataShape(message: string, field: string, ascii: boolean): DataShape {
  return {
    ascii,
    truncated: refusal("truncated", message, field, "the length of the data within the message"),
    tooLong: refusal("data-too-long", message, field, `at most ${MAX_DATA_BYTES} bytes`),
    pastEnd: refusal("data-past-end", message, field, "data that ends within the message"),
    nonAscii: refusal("non-ascii", message, field, "US-ASCII"),
  };
}
