import { controlPublicationChannel, observerChannel } from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import type { Publication } from "../aeron/publication.ts";
import type { MessageSubscription } from "../aeron/subscription.ts";
import type { Agent } from "../core/agent.ts";
import { CycleClock } from "../core/clock.ts";
import { CounterSet } from "../core/counters.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { Attachment } from "../roles/attachment.ts";
import type { AttachmentListener, AttachmentOptions } from "../roles/attachment-options.ts";
import { AttachError } from "../roles/errors.ts";
import type { PoolAnnouncement } from "../shm/index.ts";

/** A lease that a driver granted. */
export interface Grant {
  readonly leaseId: bigint;
  readonly clientId: number;
  /** Time until the lease ends without a keepalive. */
  readonly durationNs: number;
  readonly announcement: PoolAnnouncement;
}

export interface LeaseHolderListener {
  onGranted(grant: Grant): void;
  /** Called once if no first lease is granted in time, or the driver refuses it. */
  onFailed(error: AttachError): void;
}

const FRAGMENTS_PER_POLL = 16;

/** Holds a lease as a client does, without using its regions. Like a client, it requests another lease if it loses one. */
export class LeaseHolder implements Agent {
  readonly roleName: string;
  readonly #connection: AeronConnection;
  readonly #control: Publication;
  readonly #subscription: MessageSubscription;
  readonly #attachment: Attachment;
  readonly #cycle = new CycleClock();
  readonly #listener: LeaseHolderListener;
  #announcement: PoolAnnouncement | null = null;
  #hasHeld = false;
  #hasFailed = false;

  constructor(
    connection: AeronConnection,
    streams: AeronStreams,
    options: AttachmentOptions,
    listener: LeaseHolderListener,
  ) {
    const { channel, controlStreamId } = streams;
    this.roleName = `${options.role} of stream ${options.streamId}`;
    this.#connection = connection;
    this.#listener = listener;
    this.#subscription = connection.addSubscription(observerChannel(channel), controlStreamId, (...message) =>
      this.#attachment.onMessage(...message),
    );
    this.#control = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
    const { of } = new CounterSet({
      attaches: { help: "leases that the driver granted" },
      attachesRefused: { help: "requests that it refused" },
      leasesLost: { help: "leases that ended before they were given back" },
      messagesRefused: { help: "received messages that were malformed" },
    });
    const leases: AttachmentListener = {
      onAttached: (announcement) => {
        this.#announcement = announcement;
      },
      onDetached: () => {
        this.#announcement = null;
      },
    };
    this.#attachment = new Attachment(connection, this.#control, options, of, leases, this.#cycle);
  }

  doWork(nowNs: number): number {
    if (this.#hasFailed) return 0;
    let work = 0;
    this.#cycle.update(nowNs);
    try {
      work += this.#attachment.doWork(nowNs);
    } catch (error) {
      if (!(error instanceof AttachError)) throw error;
      return this.#fail(error);
    }
    work += this.#subscription.poll(FRAGMENTS_PER_POLL);
    const { leaseId, clientId, expiresNs, refusal } = this.#attachment;
    // Clients repeat a refused request; a tool that only checks has its answer.
    if (refusal !== null && !this.#hasHeld) return this.#fail(refusal);
    const announcement = this.#announcement;
    if (announcement !== null && leaseId !== null && expiresNs !== null) {
      this.#announcement = null;
      this.#hasHeld = true;
      this.#listener.onGranted({ leaseId, clientId, durationNs: expiresNs - nowNs, announcement });
    }
    return work;
  }

  onLateCycle(nowNs: number): void {
    this.#cycle.update(nowNs);
    this.#attachment.onLateCycle(nowNs);
  }

  async onClose(): Promise<void> {
    await this.#attachment.close(() => this.#subscription.poll(FRAGMENTS_PER_POLL));
    this.#connection.remove(this.#subscription);
    this.#connection.remove(this.#control);
  }

  #fail(error: AttachError): number {
    this.#hasFailed = true;
    this.#listener.onFailed(error);
    return 1;
  }
}
