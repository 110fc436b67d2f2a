import type { Attribute } from "../protocol/attribute.ts";
import type { AttachmentRecord, MetadataRecord } from "./records.ts";

/** Names of a recording's Metadata records. */
export const SESSION_METADATA = "tensorpool.session";
const SOURCE_METADATA = "tensorpool.source";
/** Topic and schema names of messages that are not frames. */
export const LEDGER_TOPIC = "/tensorpool/ledger";
export const EVENTS_TOPIC = "/tensorpool/events";
export const LEDGER_SCHEMA = "tensorpool.Ledger";
export const LOG_SCHEMA = "foxglove.Log";

/** Larger attributes are stored as attachments. */
const MAX_INLINE_BYTES = 4096;

/** One attribute in the entry "attributes", a JSON array: its value as text, in base64, or by the name of an attachment. */
interface AttributeEntry {
  readonly key: string;
  readonly format: string;
  readonly text?: string;
  readonly base64?: string;
  readonly attachment?: string;
}

/** The contents of one DataSourceMeta, for one epoch of a stream. */
export interface SourceFacts {
  readonly streamId: number;
  readonly name: string;
  readonly epoch: bigint;
  readonly metaVersion: number;
  readonly attributes: readonly Attribute[];
}

/** The Metadata record of a source, and the attachments that it refers to. */
export function encodeSource(
  source: SourceFacts,
  logTime: bigint,
): { readonly metadata: MetadataRecord; readonly attachments: readonly AttachmentRecord[] } {
  const attachments: AttachmentRecord[] = [];
  const entries = source.attributes.map(({ key, format, value }): AttributeEntry => {
    if (value.length > MAX_INLINE_BYTES) {
      const name = `tensorpool/${source.streamId}/${source.epoch}/${source.metaVersion}/${key}`;
      attachments.push({ name, mediaType: format, data: value.slice(), logTime });
      return { key, format, attachment: name };
    }
    const text = textOf(value);
    return text === null ? { key, format, base64: value.toBase64() } : { key, format, text };
  });
  return {
    metadata: {
      name: SOURCE_METADATA,
      entries: {
        stream_id: String(source.streamId),
        name: source.name,
        epoch: String(source.epoch),
        meta_version: String(source.metaVersion),
        attributes: JSON.stringify(entries),
      },
    },
    attachments,
  };
}

/**
 * Decodes a Metadata record of a source; null if it is none. `attachmentOf` returns an attachment by its name; an attribute whose
 * attachment is missing is left out.
 */
export function decodeSource(
  { name, entries }: MetadataRecord,
  attachmentOf: (name: string) => Uint8Array | null,
): SourceFacts | null {
  if (name !== SOURCE_METADATA) return null;
  try {
    const list = JSON.parse(entries.attributes ?? "[]") as readonly AttributeEntry[];
    const attributes = list.flatMap(({ key, format, text, base64, attachment }): Attribute[] => {
      const value =
        text !== undefined
          ? new TextEncoder().encode(text)
          : base64 !== undefined
            ? Uint8Array.fromBase64(base64)
            : attachment === undefined
              ? null
              : attachmentOf(attachment);
      return value === null ? [] : [{ key, format, value }];
    });
    return {
      streamId: Number(entries.stream_id),
      name: entries.name ?? "",
      epoch: BigInt(entries.epoch ?? "0"),
      metaVersion: Number(entries.meta_version),
      attributes,
    };
  } catch {
    // Written by another program under our name.
    return null;
  }
}

function textOf(value: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return null;
  }
}
