import { ftruncate, writev } from "node:fs";
import { ByteBuilder } from "../recording/byte-builder.ts";
import type { AttachmentRecord, MetadataRecord } from "../recording/records.ts";
import type { Block } from "./block.ts";
import type { Part } from "./part.ts";

/** The records that every part of a recording begins with, and those that the current part still lacks. */
export class StandingRecords {
  readonly #metadata: MetadataRecord[] = [];
  readonly #attachments: AttachmentRecord[] = [];
  #dueMetadata: MetadataRecord[] = [];
  #dueAttachments: AttachmentRecord[] = [];

  get isDue(): boolean {
    return this.#dueMetadata.length > 0 || this.#dueAttachments.length > 0;
  }

  add(metadata: readonly MetadataRecord[], attachments: readonly AttachmentRecord[]): void {
    this.#metadata.push(...metadata);
    this.#attachments.push(...attachments);
    this.putBack(metadata, attachments);
  }

  putBack(metadata: readonly MetadataRecord[], attachments: readonly AttachmentRecord[]): void {
    this.#dueMetadata.unshift(...metadata);
    this.#dueAttachments.unshift(...attachments);
  }

  /** Begins a batch with the records that are due: all of them at the beginning of a part. */
  beginBatch(part: Part, library: string): Batch {
    const isFirst = part.offset === 0;
    const metadata = isFirst ? this.#metadata : this.#dueMetadata;
    const attachments = isFirst ? this.#attachments : this.#dueAttachments;
    const batch = new Batch(part, isFirst ? [] : metadata, isFirst ? [] : attachments);
    if (isFirst) batch.add(part.head(library, metadata, attachments));
    else if (this.isDue) {
      const to = new ByteBuilder();
      part.putRecords(to, metadata, attachments);
      batch.add(to.bytes);
    }
    this.#dueMetadata = [];
    this.#dueAttachments = [];
    return batch;
  }
}

/** The result of writing a batch: how many of its blocks are completely in the file, and why not all. */
export interface BatchOutcome {
  readonly whole: number;
  readonly error: unknown;
}

/** Blocks that are written to one part with one call, after the records that they need. */
export class Batch {
  readonly part: Part;
  readonly blocks: Block[] = [];
  /** Offset of each block in the file. */
  readonly offsets: number[] = [];
  readonly at: number;
  byteLength = 0;
  readonly metadata: readonly MetadataRecord[];
  readonly attachments: readonly AttachmentRecord[];
  readonly #pieces: Uint8Array[] = [];

  constructor(part: Part, metadata: readonly MetadataRecord[], attachments: readonly AttachmentRecord[]) {
    this.part = part;
    this.at = part.offset;
    this.metadata = metadata;
    this.attachments = attachments;
  }

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.byteLength += bytes.length;
  }

  append(block: Block): void {
    const declared = this.part.declare(block.channels);
    if (declared !== null) this.add(declared);
    this.blocks.push(block);
    this.offsets.push(this.at + this.byteLength);
    for (const piece of block.pieces) this.#pieces.push(piece);
    this.byteLength += block.byteLength;
  }

  /** Writes it in a thread. After a short write the file is truncated behind the last whole block: it never ends in half a record. */
  write(done: (outcome: BatchOutcome) => void): void {
    this.#write(this.#pieces, 0, done);
  }

  #write(pieces: readonly Uint8Array[], before: number, done: (outcome: BatchOutcome) => void): void {
    writev(this.part.fd, pieces as Uint8Array[], this.at + before, (error, count) => {
      const total = before + (error === null ? count : 0);
      if (total >= this.byteLength) {
        this.part.offset = this.at + this.byteLength;
        done({ whole: this.blocks.length, error: null });
      } else if (error === null && count > 0) this.#write(restOf(pieces, count), total, done);
      else this.#cut(total, error ?? new Error("the file system took no bytes"), done);
    });
  }

  #cut(written: number, error: unknown, done: (outcome: BatchOutcome) => void): void {
    const { part, blocks } = this;
    let whole = 0;
    while (whole < blocks.length && this.#endOf(whole) <= this.at + written) whole++;
    const end = whole === 0 ? this.at : this.#endOf(whole - 1);
    part.forgetDeclared(blocks.slice(whole).flatMap(({ channels }) => channels));
    ftruncate(part.fd, end, (cutError) => {
      part.offset = end;
      part.summary.cutAt(end);
      done({ whole, error: cutError ?? error });
    });
  }

  #endOf(index: number): number {
    return (this.offsets[index] as number) + (this.blocks[index] as Block).byteLength;
  }
}

/** The pieces without their first `count` bytes. */
function restOf(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  const rest: Uint8Array[] = [];
  for (const piece of pieces) {
    if (left >= piece.length) left -= piece.length;
    else {
      rest.push(left === 0 ? piece : piece.subarray(left));
      left = 0;
    }
  }
  return rest;
}
