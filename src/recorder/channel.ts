import type { FrameMessage } from "../recording/frame-message.ts";
import type { ChannelRecord, SchemaRecord } from "../recording/records.ts";

/** Why a frame that reached the recorder is not in the file. */
export type RecorderCause = "overwritten" | "stagingFull" | "diskTooSlow" | "diskFull" | "diskFailed";

/** Called with what became of the frames of a channel. */
export interface ChannelOwner {
  onRecorded(frames: number, bytes: number): void;
  onLost(frames: number, bytes: number, cause: RecorderCause): void;
  /** Frames that a flight recorder held and did not write: no trigger came. */
  onPassed(frames: number): void;
}

/** A channel of the recording, the same in all of its parts. */
export interface Channel {
  readonly record: ChannelRecord;
  readonly schema: SchemaRecord;
  /** Null for those that are not frames: the ledger, events. */
  readonly owner: ChannelOwner | null;
}

/** A channel of frames, with their encoder. */
export interface FrameChannel extends Channel {
  readonly message: FrameMessage;
  readonly clock: string;
}

/** Ids of a recording's schemas and channels. An id stands for the same record in each part. */
export class ChannelTable {
  readonly #schemas = new Map<string, SchemaRecord>();
  #lastChannelId = 0;

  /** The schema of that name; made when it is asked for first. */
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
