import { observerChannel } from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import { CountersError, CountersReader } from "../aeron/counters-reader.ts";
import type { MessageSubscription } from "../aeron/subscription.ts";
import type { Agent } from "../core/agent.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { streamCounters } from "../roles/driver/driver-counters.ts";
import { DataSourceAnnounceDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";

const FRAGMENTS_PER_POLL = 16;
const EPOCH_TYPE_ID = streamCounters().of.epoch.typeId;

/** Finds a stream by name: by a driver's name for it, from counters, or by its data source's name, which is sent once a second. */
export class StreamNames implements Agent {
  readonly roleName = "stream names";
  /** The stream's id; null until it is found. */
  streamId: number | null = null;
  readonly #name: string;
  readonly #connection: AeronConnection;
  readonly #subscription: MessageSubscription;
  readonly #announce = new DataSourceAnnounceDecoder();

  constructor(connection: AeronConnection, { channel, metadataStreamId }: AeronStreams, name: string) {
    this.#name = name;
    this.#connection = connection;
    this.streamId = streamOfDriver(connection.aeronDir, name);
    this.#subscription = connection.addSubscription(observerChannel(channel), metadataStreamId, (view, length) => {
      if (messageKeyAt(view, 0, length) !== DataSourceAnnounceDecoder.KEY) return;
      if (this.#announce.wrap(view, 0, length) === null && this.#announce.name() === this.#name) {
        this.streamId ??= this.#announce.streamId;
      }
    });
  }

  doWork(): number {
    return this.#subscription.poll(FRAGMENTS_PER_POLL);
  }

  onClose(): void {
    this.#connection.remove(this.#subscription);
  }
}

/** The stream to which a driver of this Aeron folder gave the name. */
function streamOfDriver(aeronDir: string, name: string): number | null {
  try {
    using reader = CountersReader.open(aeronDir);
    const records = reader.snapshot((typeId) => typeId === EPOCH_TYPE_ID);
    const found = records.find(({ label }) => / name=(.*?)(?: instance=.*)?$/s.exec(label)?.[1] === name);
    return found?.key.getUint32(0, true) ?? null;
  } catch (error) {
    // Then only data sources can provide the name.
    if (error instanceof CountersError) return null;
    throw error;
  }
}
