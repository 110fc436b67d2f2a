import type { CounterRecord } from "../aeron/counters-reader.ts";
import { PublicationLog } from "../aeron/publication-log.ts";
import { FrameDescriptorDecoder, MESSAGE_HEADER_BYTES, messageKeyAt } from "../sbe/index.ts";

/** Aeron's counter of a publisher's limit; every publication has one. Key: registration id, session id, stream id. */
const PUBLISHER_LIMIT = 1;
const KEY = { registrationId: 0, streamId: 12 } as const;
const DESCRIPTOR_BYTES = MESSAGE_HEADER_BYTES + FrameDescriptorDecoder.BLOCK_LENGTH;

/** Called with the newest descriptor of a publication. */
export type DescriptorHandler = (view: DataView, offset: number, length: number) => void;

/**
 * Samples the newest descriptor of each producer from the logs of the media driver. A subscription would receive all of them, but would be
 * one more reader that must keep up with every producer; sampling costs a producer nothing. The media driver clears what all subscribers
 * have consumed, so that sometimes there is none to read.
 */
export class DescriptorSampler {
  readonly #streamIds: ReadonlySet<number>;
  readonly #logs = new Map<bigint, PublicationLog>();

  /** `streamIds`: Aeron streams that carry descriptors. */
  constructor(streamIds: readonly number[]) {
    this.#streamIds = new Set(streamIds);
  }

  /** True for the counters that this class reads. */
  static isWanted(typeId: number): boolean {
    return typeId === PUBLISHER_LIMIT;
  }

  /** Number of sampled publications. */
  get size(): number {
    return this.#logs.size;
  }

  /** Updates the set of publications. */
  follow(aeronDir: string, records: readonly CounterRecord[]): void {
    const present = new Set<bigint>();
    for (const { typeId, key } of records) {
      if (typeId !== PUBLISHER_LIMIT || !this.#streamIds.has(key.getInt32(KEY.streamId, true))) continue;
      const id = key.getBigInt64(KEY.registrationId, true);
      present.add(id);
      if (this.#logs.has(id)) continue;
      const log = PublicationLog.open(aeronDir, id, DESCRIPTOR_BYTES);
      if (log !== null) this.#logs.set(id, log);
    }
    for (const [id, log] of this.#logs) {
      if (present.has(id)) continue;
      log.close();
      this.#logs.delete(id);
    }
  }

  /** Passes on the newest descriptor of each publication. */
  sample(onDescriptor: DescriptorHandler): void {
    for (const log of this.#logs.values()) {
      let newest: { view: DataView; offset: number; length: number } | null = null;
      log.readNewest((view, offset, length) => {
        if (messageKeyAt(view, offset, length) === FrameDescriptorDecoder.KEY) newest = { view, offset, length };
      });
      const found = newest as { view: DataView; offset: number; length: number } | null;
      if (found !== null) onDescriptor(found.view, found.offset, found.length);
    }
  }

  close(): void {
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }
}
