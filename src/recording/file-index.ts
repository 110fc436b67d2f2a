import { ChunkTable } from "./chunk-table.ts";
import type { ChannelRecord, MetadataRecord, RecordPlace, SchemaRecord } from "./records.ts";

export interface MetadataEntry extends MetadataRecord {
  readonly place: RecordPlace;
}

export interface AttachmentEntry {
  readonly name: string;
  readonly mediaType: string;
  readonly logTimeNs: bigint;
  /** Place of its record. */
  readonly place: RecordPlace;
  readonly dataAt: number;
  readonly dataBytes: number;
}

/** The fault at the file's end. */
export interface FileCut {
  /** Everything before it is complete. */
  readonly at: number;
  /** Why the file ends there. */
  readonly because: string;
}

/** The places of everything in a file. */
export class FileIndex {
  readonly schemas = new Map<number, SchemaRecord>();
  readonly channels = new Map<number, ChannelRecord>();
  readonly chunks = new ChunkTable();
  readonly metadata: MetadataEntry[] = [];
  readonly attachments: AttachmentEntry[] = [];
  /** Messages by channel, if known without reading the chunks. */
  readonly messageCounts = new Map<number, number>();
  profile = "";
  library = "";
  /** True if it was read from the file's own index. */
  isFromSummary = false;
  /** Why the file's own index was not used although it exists; otherwise null. */
  summaryFault: string | null = null;
  /** Null for a file with a proper end. */
  cut: FileCut | null = null;
  /** End of the data: behind the last complete record before DataEnd. */
  dataEnd = 0;
  /** Chunks whose frame was overwritten during the write. */
  tornChunks = 0;
}
