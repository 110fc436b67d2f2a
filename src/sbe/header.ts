import { ShmAttachRequestDecoder } from "./generated/driver/shm-attach-request.ts";
import { MESSAGE_HEADER_BYTES } from "./runtime/shapes.ts";

/** The number that identifies a kind of message in a switch; equals `KEY` of its decoder. */
export function messageKey(schemaId: number, templateId: number): number {
  return schemaId * 65536 + templateId;
}

/** The key of a message of `length` bytes at `offset`; -1 if it is too short for an SBE header. For dispatch, without checks. */
export function messageKeyAt(view: DataView, offset: number, length: number): number {
  if (!hasHeader(view, offset, length)) return -1;
  return view.getUint16(offset + 4, true) * 65536 + view.getUint16(offset + 2, true);
}

/** The header's schemaId; -1 if the message is too short for an SBE header. */
export function schemaIdAt(view: DataView, offset: number, length: number): number {
  return hasHeader(view, offset, length) ? view.getUint16(offset + 4, true) : -1;
}

/** The header's templateId; -1 if the message is too short for an SBE header. */
export function templateIdAt(view: DataView, offset: number, length: number): number {
  return hasHeader(view, offset, length) ? view.getUint16(offset + 2, true) : -1;
}

/** The header's version; -1 if the message is too short for an SBE header. */
export function versionAt(view: DataView, offset: number, length: number): number {
  return hasHeader(view, offset, length) ? view.getUint16(offset + 6, true) : -1;
}

/** The header's blockLength; -1 if the message is too short for an SBE header. */
export function blockLengthAt(view: DataView, offset: number, length: number): number {
  return hasHeader(view, offset, length) ? view.getUint16(offset, true) : -1;
}

/**
 * True if the correlationId of a message of schema 901 can be read although the message itself was refused (W-36, D-09): it is the first
 * field of every request and answer, and stays there in later versions. The caller has checked the key.
 */
export function hasCorrelationId(view: DataView, offset: number, length: number): boolean {
  return (
    schemaIdAt(view, offset, length) === ShmAttachRequestDecoder.SCHEMA_ID &&
    length >= MESSAGE_HEADER_BYTES + 8 &&
    view.getUint16(offset, true) >= 8
  );
}

/** The upper word of the correlationId, unsigned; only valid after `hasCorrelationId` returned true. */
export function correlationIdHighAt(view: DataView, offset: number): number {
  return view.getUint32(offset + MESSAGE_HEADER_BYTES + 4, true);
}

/** The lower word of the correlationId, unsigned; only valid after `hasCorrelationId` returned true. */
export function correlationIdLowAt(view: DataView, offset: number): number {
  return view.getUint32(offset + MESSAGE_HEADER_BYTES, true);
}

function hasHeader(view: DataView, offset: number, length: number): boolean {
  return length >= MESSAGE_HEADER_BYTES && offset >= 0 && offset + length <= view.byteLength;
}
