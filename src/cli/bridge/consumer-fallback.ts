import type { Endpoint } from "../../bridge/channels.ts";
import { fallbackEndpoint } from "../../bridge/fallback-endpoint.ts";
import { FallbackReader } from "../../bridge/fallback-reader.ts";
import type { bridgeTypes } from "../../config/index.ts";
import { OptionError } from "../../core/errors.ts";
import { type Fallback, parseFallbackUri } from "../../protocol/fallback-uri.ts";
import type { Consumer } from "../../roles/consumer.ts";
import { totalLost } from "../../roles/counters.ts";
import type { SinkPump } from "../../roles/sink-pump.ts";
import type { RoleRuntime } from "../role/role-runtime.ts";
import type { ConsumerValues } from "../specs/roles.ts";

/** Creates the reader that feeds the same sink through a bridge while the stream's shared memory is unusable. */
export function newFallbackReader(
  { connection, scheduler, streams, shmDir }: RoleRuntime,
  consumer: Consumer,
  pump: SinkPump,
  { bridge: bridges = [], peer: peers = [] }: ConsumerValues,
): FallbackReader {
  const endpointOf = (fallback: Fallback): Endpoint | string => endpointAmong(bridges, fallback);
  const onSwitch = (from: Consumer): void => pump.readFrom(from);
  return new FallbackReader(connection, scheduler.clock, consumer, { streams, shmDir, peers, endpointOf, onSwitch });
}

/** Checks that a consumer without shared memory has something to read. @throws OptionError */
export function requireFallback({ fallback: uri, bridge: bridges = [] }: ConsumerValues): void {
  if (uri === undefined) {
    throw new OptionError(
      "useShm",
      "without shared memory there is nothing to read: pass --fallback aeron:udp?endpoint=ADDRESS:PORT as well",
      { expected: "--fallback" },
    );
  }
  const fallback = parseFallbackUri(uri);
  const endpoint = typeof fallback === "string" ? fallback : endpointAmong(bridges, fallback);
  if (typeof endpoint === "string") throw new OptionError("fallback", `${uri}: ${endpoint}`, { found: uri });
}

function endpointAmong(bridges: readonly bridgeTypes.NamedEndpoint[], fallback: Fallback): Endpoint | string {
  const endpointOf = (id: string): Endpoint | undefined => bridges.find((each) => each.id === id)?.endpoint;
  return fallbackEndpoint(fallback, endpointOf, (id) => `pass --bridge ${id}=ADDRESS:PORT`);
}

/** The figures of a consumer, including the frames that it read through a bridge. */
export class ConsumerFigures {
  readonly #consumer: Consumer;
  readonly #fallback: FallbackReader | null;

  constructor(consumer: Consumer, fallback: FallbackReader | null) {
    this.#consumer = consumer;
    this.#fallback = fallback;
  }

  get accepted(): number {
    return this.#sum(({ of }) => of.accepted.value);
  }

  get bytes(): number {
    return this.#sum(({ of }) => of.bytes.value);
  }

  get lost(): number {
    return this.#sum(totalLost);
  }

  /** Epoch of the regions that are read: the stream's, or those of the bridge's output. */
  get epoch(): bigint | null {
    return this.#consumer.epoch ?? this.#fallback?.consumer?.epoch ?? null;
  }

  /** Endpoint of the bridge that is read now; null while shared memory is read. */
  get bridge(): string | null {
    return this.#fallback?.endpoint?.text ?? null;
  }

  /** Counters of the frames read through a bridge; null if there were none. */
  get bridgeCounters(): Consumer["counters"] | null {
    return this.#fallback?.consumer?.counters ?? null;
  }

  /** All counters by name, shared memory and bridge summed. */
  snapshot(): Record<string, number> {
    const sums: Record<string, number> = this.#consumer.counters.snapshot();
    for (const [name, value] of Object.entries(this.bridgeCounters?.snapshot() ?? {})) {
      sums[name] = (sums[name] ?? 0) + value;
    }
    return sums;
  }

  #sum(of: (counters: Consumer["counters"]) => number): number {
    const { bridgeCounters } = this;
    return of(this.#consumer.counters) + (bridgeCounters === null ? 0 : of(bridgeCounters));
  }
}
