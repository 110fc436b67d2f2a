import type { Messaging } from "../aeron/ports.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { Consumer } from "../roles/consumer.ts";
import type { ConsumerOptions } from "../roles/consumer-options.ts";
import { HOST_PORTS } from "../roles/host-ports.ts";
import { BridgeSender, type BridgeSenderOptions } from "./bridge-sender.ts";
import type { Endpoint } from "./channels.ts";
import { PathMtuWatch } from "./path-mtu-watch.ts";

export interface BridgeLinkOptions
  extends Pick<ConsumerOptions, "streamId" | "streams" | "baseDirs" | "driver">,
    Pick<BridgeSenderOptions, "to" | "mode" | "checksum" | "onEnd"> {
  /** Only frames whose seq is a multiple of this; 1: all. */
  readonly decimation: number;
  /** Most frames per second; 0: no limit. */
  readonly maxRateHz: number;
}

/** The link of one stream to one receiver: a separate consumer, and the sender that reads it. */
export class BridgeLink {
  readonly to: Endpoint;
  readonly consumer: Consumer;
  readonly sender: BridgeSender;
  /** In the order in which they must be added. */
  readonly agents: readonly Agent[];

  constructor(connection: Messaging, clock: Clock, options: BridgeLinkOptions, ports = HOST_PORTS) {
    const { to, mode, checksum = false, onEnd, decimation, maxRateHz, ...source } = options;
    this.to = to;
    const reading = {
      ...source,
      mode: decimation > 1 ? "decimated" : "stream",
      decimation,
      maxRateHz,
    } as const;
    this.consumer = new Consumer(connection, clock, reading, ports);
    this.sender = new BridgeSender(connection, this.consumer, {
      openCounters: ports.openCounters,
      to,
      mode,
      checksum,
      step: maxRateHz > 0 ? 0 : decimation,
      ...(onEnd === undefined ? {} : { onEnd }),
    });
    // A simulated network has no routes to probe.
    const path = ports === HOST_PORTS ? [new PathMtuWatch(this.sender, source.streamId, to)] : [];
    this.agents = [this.consumer, this.sender, ...path];
  }
}
