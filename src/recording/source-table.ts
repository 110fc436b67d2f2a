import type { Attribute } from "../protocol/attribute.ts";
import type { ByteWindow } from "./byte-window.ts";
import type { AttachmentEntry, FileIndex } from "./file-index.ts";
import { decodeSource, type SourceFacts } from "./source-record.ts";

const NO_ATTRIBUTES: readonly Attribute[] = [];
/** Larger attributes are left out: they cannot be published. */
const MAX_ATTRIBUTE_BYTES = 1024 * 1024;

/** The attributes of a recording's data sources, by stream, epoch and version. */
export class SourceTable {
  readonly #facts = new Map<string, SourceFacts>();
  /** The last request and its result: consecutive frames request the same. */
  readonly #last = { streamId: 0, epoch: -1n, metaVersion: 0, attributes: NO_ATTRIBUTES };

  constructor(window: ByteWindow, { metadata, attachments }: FileIndex) {
    const byName = new Map(attachments.map((attachment) => [attachment.name, attachment]));
    for (const record of metadata) {
      const facts = decodeSource(record, (name) => readAttachment(window, byName.get(name)));
      if (facts !== null) this.#facts.set(keyOf(facts.streamId, facts.epoch, facts.metaVersion), facts);
    }
  }

  /** The same list on each call. */
  attributesOf(streamId: number, epoch: bigint, metaVersion: number): readonly Attribute[] {
    const last = this.#last;
    if (last.streamId === streamId && last.epoch === epoch && last.metaVersion === metaVersion) return last.attributes;
    last.streamId = streamId;
    last.epoch = epoch;
    last.metaVersion = metaVersion;
    last.attributes = this.#facts.get(keyOf(streamId, epoch, metaVersion))?.attributes ?? NO_ATTRIBUTES;
    return last.attributes;
  }

  /** The last name of a stream's source; null if there is none. */
  nameOf(streamId: number): string | null {
    let name: string | null = null;
    for (const facts of this.#facts.values()) if (facts.streamId === streamId && facts.name !== "") name = facts.name;
    return name;
  }
}

function keyOf(streamId: number, epoch: bigint, metaVersion: number): string {
  return `${streamId} ${epoch} ${metaVersion}`;
}

function readAttachment(window: ByteWindow, entry: AttachmentEntry | undefined): Uint8Array | null {
  if (entry === undefined || entry.dataBytes > MAX_ATTRIBUTE_BYTES) return null;
  const bytes = new Uint8Array(entry.dataBytes);
  window.copy(bytes, entry.dataAt);
  return bytes;
}
