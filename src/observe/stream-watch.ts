import { controlPublicationChannel } from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import { CountersError, CountersReader } from "../aeron/counters-reader.ts";
import type { Inbound } from "../aeron/ports.ts";
import type { Publication } from "../aeron/publication.ts";
import type { Agent } from "../core/agent.ts";
import { Deadline } from "../core/timers.ts";
import { type AeronStreams, CADENCE_NS } from "../protocol/stream-ids.ts";
import { producerCounters } from "../roles/counters.ts";
import { subscribeControl } from "../roles/hearing.ts";
import type { AllowedBaseDirs } from "../shm/index.ts";
import { HelloSender } from "./hello-sender.ts";
import { type KnownStream, KnownStreams } from "./known-streams.ts";

/** A little more than one announce period: every owner has announced by then, even without a hello. */
export const SEARCH_NS = CADENCE_NS * 1.3;
const FRAGMENTS_PER_POLL = 64;
const CLAIMED = producerCounters().of.claimed.typeId;

export interface StreamWatchOptions {
  readonly streams: AeronStreams;
  /** Wanted ids and names; [] for every stream. */
  readonly wanted: readonly string[];
  /** How long to search; `SEARCH_NS` if left out. */
  readonly searchNs?: number;
  /** Announced regions in these folders may be read, to see if their owner is alive; left out: none. */
  readonly baseDirs?: AllowedBaseDirs;
  /** The state of a stream has changed, whether it is wanted or not. */
  onNews?(stream: KnownStream): void;
  /** Called once, when the search time is over. */
  onSearched(): void;
}

/**
 * Receives the messages about streams, as an untethered observer. It sends a hello to streams whose name it does not know, so that they
 * announce themselves at once: their ids are in the counters of the media driver.
 */
export class StreamWatch implements Agent {
  readonly roleName = "stream watch";
  readonly known: KnownStreams;
  readonly #options: StreamWatchOptions;
  readonly #connection: AeronConnection;
  readonly #subscriptions: readonly Inbound[];
  readonly #control: Publication;
  readonly #hellos = new HelloSender();
  readonly #search = new Deadline();
  #hasSearched = false;

  constructor(connection: AeronConnection, options: StreamWatchOptions) {
    this.#connection = connection;
    this.#options = options;
    this.known = new KnownStreams(options.baseDirs ?? null);
    const { channel, controlStreamId } = options.streams;
    // Before the publication: owners that answer a hello find a subscriber.
    const kinds = ["control", "announce", "qos", "metadata"] as const;
    this.#subscriptions = subscribeControl(connection, options.streams, kinds, (view, length) =>
      this.#onMessage(view, length),
    );
    this.#control = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
    for (const text of options.wanted) if (/^\d{1,10}$/.test(text)) this.#hellos.ask(Number(text));
    for (const streamId of this.#streamsOfCounters()) this.#hellos.ask(streamId);
  }

  /** True while existing streams may not have announced yet. */
  get isSearching(): boolean {
    return !this.#hasSearched;
  }

  doWork(nowNs: number): number {
    let work = 0;
    for (const subscription of this.#subscriptions) work += subscription.poll(FRAGMENTS_PER_POLL);
    work += this.#hellos.doWork(this.#control);
    if (this.#hasSearched) return work;
    if (!this.#search.isSet && this.#connection.isReady) {
      this.#search.start(nowNs, this.#options.searchNs ?? SEARCH_NS);
    }
    if (this.#search.hasExpired(nowNs)) {
      this.#hasSearched = true;
      this.#options.onSearched();
    }
    return work;
  }

  onClose(): void {
    for (const resource of [...this.#subscriptions, this.#control]) this.#connection.remove(resource);
  }

  #onMessage(view: DataView, length: number): void {
    const stream = this.known.onMessage(view, length);
    if (stream === null) return;
    if (stream.name === null) this.#hellos.ask(stream.streamId);
    this.#options.onNews?.(stream);
  }

  #streamsOfCounters(): number[] {
    try {
      using reader = CountersReader.open(this.#connection.aeronDir);
      return reader.snapshot((typeId) => typeId === CLAIMED).map(({ key }) => key.getUint32(0, true));
    } catch (error) {
      // Then owners that do not announce by themselves get no hello.
      if (error instanceof CountersError) return [];
      throw error;
    }
  }
}
