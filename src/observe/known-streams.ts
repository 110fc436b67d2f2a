import { monotonic } from "../aeron/monotonic.ts";
import { processNs } from "../core/clock.ts";
import type { Attribute } from "../protocol/attribute.ts";
import { ownerStateOf } from "../protocol/stream-owner.ts";
import { announcementOf } from "../roles/stream-mapping.ts";
import {
  DataSourceAnnounceDecoder,
  DataSourceMetaDecoder,
  messageKeyAt,
  QosProducerDecoder,
  ShmPoolAnnounceDecoder,
} from "../sbe/index.ts";
import { type AllowedBaseDirs, announcedActivity, type PoolAnnouncement } from "../shm/index.ts";

/** The state of a stream; null before the first message of that kind. */
export interface KnownStream {
  readonly streamId: number;
  /** Name of the data source (DataSourceAnnounce). */
  readonly name: string | null;
  readonly summary: string | null;
  readonly producerId: number | null;
  readonly epoch: bigint | null;
  /** Its regions, as last announced (ShmPoolAnnounce). */
  readonly announcement: PoolAnnouncement | null;
  /** The owner's sign of life when the regions were last read; null if they cannot be read. */
  readonly signNs: number | null;
  readonly meta: StreamMeta | null;
}

/** The attributes of a stream (DataSourceMeta). */
export interface StreamMeta {
  readonly metaVersion: number;
  /** CLOCK_MONOTONIC ns at which it was sent. */
  readonly timestampNs: bigint;
  readonly attributes: readonly Attribute[];
}

interface AnnouncedOwner {
  readonly state: "alive" | "dead" | "unknown";
  readonly signNs: number | null;
}

const UNKNOWN_OWNER: AnnouncedOwner = { state: "unknown", signNs: null };

/** Streams that are kept: more than the counters of a media driver allow are not real ones. */
const MAX_STREAMS = 8192;

/**
 * Collects what producers and drivers announce of their streams. Of several owners of a stream, the one that owns it counts (see
 * `stream-owner.ts`): a lower epoch replaces a higher one only when the owner of that is dead, and what is announced of regions
 * whose owner is dead is ignored. Beyond `MAX_STREAMS` the stream with the oldest message is dropped: ids cost a sender nothing.
 */
export class KnownStreams {
  readonly #baseDirs: AllowedBaseDirs | null;
  /** In the order of their last messages. */
  readonly #streams = new Map<number, KnownStream>();
  readonly #pools = new ShmPoolAnnounceDecoder();
  readonly #source = new DataSourceAnnounceDecoder();
  readonly #meta = new DataSourceMetaDecoder();
  readonly #qos = new QosProducerDecoder();
  /** When something of its epoch was read last, by stream. */
  readonly #heardNs = new Map<number, number>();

  /** `baseDirs`: folders in which the announced regions may be read; null: none. */
  constructor(baseDirs: AllowedBaseDirs | null = null) {
    this.#baseDirs = baseDirs;
  }

  get(streamId: number): KnownStream | null {
    return this.#streams.get(streamId) ?? null;
  }

  /** In the order of their ids. */
  list(): KnownStream[] {
    return [...this.#streams.values()].sort((a, b) => a.streamId - b.streamId);
  }

  /** The streams that `text` may name: those whose data source has that name, or else the one with that id. */
  find(text: string): KnownStream[] {
    const byName = this.list().filter(({ name }) => name === text);
    if (byName.length > 0 || !/^\d+$/.test(text)) return byName;
    const stream = this.get(Number(text));
    return stream === null ? [] : [stream];
  }

  /** Handles any message; returns the stream that it is about, null for other messages and for malformed ones. */
  onMessage(view: DataView, length: number): KnownStream | null {
    switch (messageKeyAt(view, 0, length)) {
      case ShmPoolAnnounceDecoder.KEY: {
        if (this.#pools.wrap(view, 0, length) !== null) return null;
        const announcement = announcementOf(this.#pools);
        const { streamId, producerId, epoch } = announcement;
        const owner = this.#ownerOf(announcement);
        if (owner.state === "dead" || !this.#isPresent(streamId, epoch)) return null;
        return this.#update(streamId, { producerId, epoch, announcement, signNs: owner.signNs });
      }
      case DataSourceAnnounceDecoder.KEY: {
        if (this.#source.wrap(view, 0, length) !== null) return null;
        const { streamId, producerId, epoch } = this.#source;
        if (!this.#isPresent(streamId, epoch)) return null;
        return this.#update(streamId, {
          producerId,
          epoch,
          name: this.#source.name(),
          summary: this.#source.summary(),
        });
      }
      case DataSourceMetaDecoder.KEY:
        if (this.#meta.wrap(view, 0, length) !== null) return null;
        return this.#update(this.#meta.streamId, { meta: metaOf(this.#meta) });
      case QosProducerDecoder.KEY: {
        if (this.#qos.wrap(view, 0, length) !== null) return null;
        const { streamId, producerId, epoch } = this.#qos;
        if (!this.#isPresent(streamId, epoch)) return null;
        return this.#update(streamId, { producerId, epoch });
      }
      default:
        return null;
    }
  }

  /** False for messages of a lower epoch while the owner of the higher one is alive, as far as that can be determined. */
  #isPresent(streamId: number, epoch: bigint): boolean {
    const known = this.#streams.get(streamId);
    if (known === undefined || known.epoch === null || epoch >= known.epoch) return true;
    const owner = known.announcement?.epoch === known.epoch ? this.#ownerOf(known.announcement) : UNKNOWN_OWNER;
    if (owner.state !== "unknown") return owner.state === "dead";
    return ownerStateOf(this.#heardNs.get(streamId) ?? null, processNs()) !== "alive";
  }

  #ownerOf(announcement: PoolAnnouncement): AnnouncedOwner {
    if (this.#baseDirs === null) return UNKNOWN_OWNER;
    const activityNs = announcedActivity(announcement, this.#baseDirs);
    if (activityNs === "unknown") return UNKNOWN_OWNER;
    // An owner refreshes it right before each announce, however rarely it announces.
    const signNs = activityNs === "gone" || activityNs === 0n ? null : monotonic.fromBigint(activityNs);
    return { state: ownerStateOf(signNs, processNs()) === "alive" ? "alive" : "dead", signNs };
  }

  #update(streamId: number, news: Partial<KnownStream>): KnownStream {
    if (news.epoch !== undefined) this.#heardNs.set(streamId, processNs());
    const before = this.#streams.get(streamId) ?? unheard(streamId);
    const stream = { ...before, ...news };
    this.#streams.delete(streamId);
    this.#streams.set(streamId, stream);
    if (this.#streams.size > MAX_STREAMS) this.#dropOldest();
    return stream;
  }

  #dropOldest(): void {
    for (const streamId of this.#streams.keys()) {
      this.#streams.delete(streamId);
      this.#heardNs.delete(streamId);
      return;
    }
  }
}

function unheard(streamId: number): KnownStream {
  const nothing = { name: null, summary: null, producerId: null, epoch: null, announcement: null, signNs: null };
  return { streamId, ...nothing, meta: null };
}

function metaOf(message: DataSourceMetaDecoder): StreamMeta {
  const attributes: Attribute[] = [];
  const group = message.attributes;
  for (group.rewind(); group.next(); ) {
    attributes.push({ key: group.key(), format: group.format(), value: group.value() });
  }
  return { metaVersion: message.metaVersion, timestampNs: message.timestampNs, attributes };
}
