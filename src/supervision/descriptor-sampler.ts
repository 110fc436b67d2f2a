import type { CounterRecord } from "../aeron/counters-reader.ts";
import { PublicationLog } from "../aeron/publication-log.ts";
import { FrameDescriptorDecoder, MESSAGE_HEADER_BYTES, messageKeyAt } from "../sbe/index.ts";

/** Aeron's counter of a publisher's limit; every publication has one. Key: registration id, session id, stream id. */
const PUBLISHER_LIMIT = 1;
const KEY = { registrationId: 0, streamId: 12 } as const;
const DESCRIPTOR_BYTES = MESSAGE_HEADER_BYTES + FrameDescriptorDecoder.BLOCK_LENGTH;

/** Told about the newest descriptor of a publication. */
export type DescriptorHandler = (view: DataView, offset: number, length: number) => void;

/**
 * Looks at the newest descriptor of each producer now and then, in the logs of the media driver. A subscription would see them
 * all, and would be one more reader that has to keep up with every producer: this one costs a producer nothing. The media
 * driver wipes what all subscribers have taken, so that now and then there is none to be seen.
 */
export class DescriptorSampler {
  readonly #streamIds: ReadonlySet<number>;
  readonly #logs = new Map<bigint, PublicationLog>();

  /** `streamIds`: Aeron streams that carry descriptors. */
  constructor(streamIds: readonly number[]) {
    this.#streamIds = new Set(streamIds);
  }

  /** True for the counters that this reads. */
  static isWanted(typeId: number): boolean {
    return typeId === PUBLISHER_LIMIT;
  }

  /** Publications that are looked at. */
  get size(): number {
    return this.#logs.size;
  }

  /** Takes which publications there are now. */
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

  /** Hands out the newest descriptor of each publication. */
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
