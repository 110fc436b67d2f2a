import type { BlockMessageHandler } from "../../src/aeron/block-subscription.ts";
import type { FragmentReader } from "../../src/aeron/fragment-subscription.ts";
import type {
  BlockInbound,
  FragmentInbound,
  FragmentSource,
  FrameSink,
  Inbound,
  Messaging,
  SharedCounter,
} from "../../src/aeron/ports.ts";
import type { MessageHandler } from "../../src/aeron/subscription.ts";
import { BRIDGE_STREAM_ID } from "../../src/bridge/channels.ts";
import type { Agent } from "../../src/core/agent.ts";
import type { Clock } from "../../src/core/clock.ts";
import { PeriodicTimer } from "../../src/core/timers.ts";
import { SimFragments, SimLinkPublication } from "./link-resources.ts";
import { CLIENT_LIVENESS_NS, type SimMedia } from "./media.ts";
import { AERON_DIR } from "./member.ts";
import type { SimProcess } from "./process.ts";
import type { SeededRandom } from "./random.ts";

import { SimBlockInbound, SimCounter, SimInbound, SimPublication, type SimResource } from "./resources.ts";

const CONNECT_PERIOD_NS = 20e6;

/** A process's client of the simulated media driver: it loses it, and connects again, as `AeronConnection` does. */
export class SimConnection implements Messaging, Agent {
  readonly roleName = "aeron-client";
  readonly aeronDir = AERON_DIR;
  readonly refusal = null;
  readonly shortage = null;
  losses = 0;
  readonly media: SimMedia;
  readonly process: SimProcess;
  readonly clock: Clock;
  readonly #random: SeededRandom;
  readonly #resources = new Set<SimResource>();
  readonly #connectAttempt = new PeriodicTimer(CONNECT_PERIOD_NS, { immediate: true });
  /** Life of the media driver that this is a client of; 0 while there is none. */
  #incarnation = 0;
  #conductedNs = 0;

  constructor(media: SimMedia, process: SimProcess, clock: Clock, random: SeededRandom) {
    this.media = media;
    this.process = process;
    this.clock = clock;
    this.#random = random;
  }

  get world() {
    return this.process.world;
  }

  get isConnected(): boolean {
    return this.#incarnation !== 0;
  }

  get isReady(): boolean {
    return this.isConnected && [...this.#resources].every(({ isMade }) => isMade);
  }

  /** Resources that were not given back. */
  get resourceCount(): number {
    return this.#resources.size;
  }

  addPublication(channel: string, streamId: number): FrameSink {
    if (streamId === BRIDGE_STREAM_ID) return this.#add(new SimLinkPublication(this, channel, streamId));
    return this.#add(new SimPublication(this, channel, streamId));
  }

  addSubscription(_channel: string, streamId: number, onMessage: MessageHandler): Inbound {
    return this.#add(new SimInbound(this, streamId, onMessage));
  }

  addBlockSubscription(
    _channel: string,
    streamId: number,
    _maxBlockBytes: number,
    onMessage: BlockMessageHandler,
  ): BlockInbound {
    return this.#add(new SimBlockInbound(this, streamId, onMessage));
  }

  addFragmentSubscription(
    channel: string,
    streamId: number,
    readerOf: (source: FragmentSource) => FragmentReader,
  ): FragmentInbound {
    return this.#add(new SimFragments(this, channel, streamId, readerOf));
  }

  addCounter(typeId: number, key: Uint8Array, label: string): SharedCounter {
    return this.#add(new SimCounter(this, typeId, key, label));
  }

  remove(given: object): void {
    const resource = given as SimResource;
    if (this.process.isDead || !this.#resources.delete(resource)) return;
    if (resource.isMade) resource.forget();
  }

  renew(given: object): void {
    const resource = given as SimResource;
    if (!this.isConnected || !resource.isMade) return;
    resource.forget();
    this.#ask(resource);
  }

  doWork(nowNs: number): number {
    const { media } = this;
    if (this.#incarnation === 0) {
      if (!media.isAlive || !this.#connectAttempt.isDue(nowNs)) return 0;
      this.#incarnation = media.incarnation;
      this.#conductedNs = nowNs;
      for (const resource of this.#resources) this.#ask(resource);
      return 1;
    }
    const isGivenUp = nowNs - this.#conductedNs > CLIENT_LIVENESS_NS;
    if (isGivenUp || !media.isAlive || media.incarnation !== this.#incarnation) {
      this.losses++;
      this.#incarnation = 0;
      for (const resource of this.#resources) if (resource.isMade) resource.forget();
      for (const resource of this.#resources) resource.readyNs = Number.POSITIVE_INFINITY;
      return 1;
    }
    this.#conductedNs = nowNs;
    let work = 0;
    for (const resource of this.#resources) {
      if (resource.isMade || nowNs < resource.readyNs) continue;
      resource.make();
      work++;
    }
    return work;
  }

  onClose(): void {
    if (this.process.isDead) return;
    for (const resource of this.#resources) if (resource.isMade) resource.forget();
    this.#incarnation = 0;
  }

  #add<T extends SimResource>(resource: T): T {
    this.#resources.add(resource);
    if (this.isConnected) this.#ask(resource);
    return resource;
  }

  #ask(resource: SimResource): void {
    resource.readyNs = this.clock.nanoTime() + this.#random.between(0, 20) * 1e6;
  }
}
