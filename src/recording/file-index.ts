import { ChunkTable } from "./chunk-table.ts";
import type { ChannelRecord, MetadataRecord, RecordPlace, SchemaRecord } from "./records.ts";

export interface MetadataEntry extends MetadataRecord {
  readonly place: RecordPlace;
}

export interface AttachmentEntry {
  readonly name: string;
  readonly mediaType: string;
  readonly logTimeNs: bigint;
  /** Of its record. */
  readonly place: RecordPlace;
  readonly dataAt: number;
  readonly dataBytes: number;
}

/** What is wrong with the file's end. */
export interface FileCut {
  /** Everything before it is complete. */
  readonly at: number;
  /** Why the file ends there. */
  readonly because: string;
}

/** Where everything of a file is. */
export class FileIndex {
  readonly schemas = new Map<number, SchemaRecord>();
  readonly channels = new Map<number, ChannelRecord>();
  readonly chunks = new ChunkTable();
  readonly metadata: MetadataEntry[] = [];
  readonly attachments: AttachmentEntry[] = [];
  /** Messages by channel, where they are known without a look into the chunks. */
  readonly messageCounts = new Map<number, number>();
  profile = "";
  library = "";
  /** True when it was read from the file's own index. */
  isFromSummary = false;
  /** Why the file's own index was not used, although there is one; else null. */
  summaryFault: string | null = null;
  /** Null for a file that ends as it should. */
  cut: FileCut | null = null;
  /** Where the data ends: behind the last complete record before DataEnd. */
  dataEnd = 0;
  /** Chunks whose frame was overwritten while it was written. */
  tornChunks = 0;
}
