import type { FrameMessage } from "../recording/frame-message.ts";
import type { ChannelRecord, SchemaRecord } from "../recording/records.ts";

/** Why a frame that reached the recorder is missing from the file. */
export type RecorderCause = "overwritten" | "stagingFull" | "diskTooSlow" | "diskFull" | "diskFailed";

/** Receives the outcomes of a channel's frames. */
export interface ChannelOwner {
  onRecorded(frames: number, bytes: number): void;
  onLost(frames: number, bytes: number, cause: RecorderCause): void;
  /** Frames that a flight recorder held and did not write, because no trigger came. */
  onPassed(frames: number): void;
}

/** A channel of the recording, the same in all parts. */
export interface Channel {
  readonly record: ChannelRecord;
  readonly schema: SchemaRecord;
  /** Null for channels without frames: the ledger, events. */
  readonly owner: ChannelOwner | null;
}

/** A channel of frames, with the encoder for them. */
export interface FrameChannel extends Channel {
  readonly message: FrameMessage;
  readonly clock: string;
}

/** Ids of a recording's schemas and channels. An id stands for the same record in every part. */
export class ChannelTable {
  readonly #schemas = new Map<string, SchemaRecord>();
  #lastChannelId = 0;

  /** The schema with that name, created at its first use. */
  schema(name: string, encoding: string, data: Uint8Array): SchemaRecord {
    const existing = this.#schemas.get(name);
    if (existing !== undefined) return existing;
    const made = { id: this.#schemas.size + 1, name, encoding, data };
    this.#schemas.set(name, made);
    return made;
  }

  /** The next channel id. */
  nextId(): number {
    this.#lastChannelId++;
    return this.#lastChannelId;
  }
}
