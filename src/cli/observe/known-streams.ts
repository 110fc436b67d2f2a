import type { Attribute } from "../../protocol/attribute.ts";
import { announcementOf } from "../../roles/stream-mapping.ts";
import {
  DataSourceAnnounceDecoder,
  DataSourceMetaDecoder,
  messageKeyAt,
  QosProducerDecoder,
  ShmPoolAnnounceDecoder,
} from "../../sbe/index.ts";
import type { PoolAnnouncement } from "../../shm/index.ts";

/** What was heard of a stream; null where nothing was heard yet. */
export interface KnownStream {
  readonly streamId: number;
  /** Of the data source (DataSourceAnnounce). */
  readonly name: string | null;
  readonly summary: string | null;
  readonly producerId: number | null;
  readonly epoch: bigint | null;
  /** Its regions, as they were announced last (ShmPoolAnnounce). */
  readonly announcement: PoolAnnouncement | null;
  readonly meta: StreamMeta | null;
}

/** The attributes of a stream (DataSourceMeta). */
export interface StreamMeta {
  readonly metaVersion: number;
  /** CLOCK_MONOTONIC ns at which it was sent. */
  readonly timestampNs: bigint;
  readonly attributes: readonly Attribute[];
}

/** Collects what producers and drivers say of their streams. */
export class KnownStreams {
  readonly #streams = new Map<number, KnownStream>();
  readonly #pools = new ShmPoolAnnounceDecoder();
  readonly #source = new DataSourceAnnounceDecoder();
  readonly #meta = new DataSourceMetaDecoder();
  readonly #qos = new QosProducerDecoder();

  get(streamId: number): KnownStream | null {
    return this.#streams.get(streamId) ?? null;
  }

  /** In the order of their ids. */
  list(): KnownStream[] {
    return [...this.#streams.values()].sort((a, b) => a.streamId - b.streamId);
  }

  /** The streams that `text` may mean: the one with that id, or those whose data source has that name. */
  find(text: string): KnownStream[] {
    const byName = this.list().filter(({ name }) => name === text);
    if (byName.length > 0 || !/^\d+$/.test(text)) return byName;
    const stream = this.get(Number(text));
    return stream === null ? [] : [stream];
  }

  /** Takes any message; returns the stream of which it told something, null for all others and for malformed ones. */
  onMessage(view: DataView, length: number): KnownStream | null {
    switch (messageKeyAt(view, 0, length)) {
      case ShmPoolAnnounceDecoder.KEY: {
        if (this.#pools.wrap(view, 0, length) !== null) return null;
        const announcement = announcementOf(this.#pools);
        const { streamId, producerId, epoch } = announcement;
        return this.#update(streamId, { producerId, epoch, announcement });
      }
      case DataSourceAnnounceDecoder.KEY: {
        if (this.#source.wrap(view, 0, length) !== null) return null;
        const { streamId, producerId, epoch } = this.#source;
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
        return this.#update(streamId, { producerId, epoch });
      }
      default:
        return null;
    }
  }

  #update(streamId: number, news: Partial<KnownStream>): KnownStream {
    const before = this.#streams.get(streamId) ?? unheard(streamId);
    const stream = { ...before, ...news };
    this.#streams.set(streamId, stream);
    return stream;
  }
}

function unheard(streamId: number): KnownStream {
  return { streamId, name: null, summary: null, producerId: null, epoch: null, announcement: null, meta: null };
}

function metaOf(message: DataSourceMetaDecoder): StreamMeta {
  const attributes: Attribute[] = [];
  const group = message.attributes;
  for (group.rewind(); group.next(); ) {
    attributes.push({ key: group.key(), format: group.format(), value: group.value() });
  }
  return { metaVersion: message.metaVersion, timestampNs: message.timestampNs, attributes };
}
