import type { AeronConnection } from "../aeron/connection.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { Consumer } from "../roles/consumer.ts";
import type { ConsumerOptions } from "../roles/consumer-options.ts";
import { BridgeSender, type BridgeSenderOptions } from "./bridge-sender.ts";
import type { Endpoint } from "./channels.ts";

export interface BridgeLinkOptions
  extends Pick<ConsumerOptions, "streamId" | "streams" | "baseDirs" | "driver">,
    Pick<BridgeSenderOptions, "to" | "mode" | "checksum" | "onEnd"> {
  /** Only frames whose seq is a multiple of it; 1: all. */
  readonly decimation: number;
  /** At most so many frames a second; 0: no limit. */
  readonly maxRateHz: number;
}

/** One stream on its way to one receiver: a consumer of its own, and the sender that reads it. */
export class BridgeLink {
  readonly to: Endpoint;
  readonly consumer: Consumer;
  readonly sender: BridgeSender;

  constructor(connection: AeronConnection, clock: Clock, options: BridgeLinkOptions) {
    const { to, mode, checksum = false, onEnd, decimation, maxRateHz, ...source } = options;
    this.to = to;
    this.consumer = new Consumer(connection, clock, {
      ...source,
      mode: decimation > 1 ? "decimated" : "stream",
      decimation,
      maxRateHz,
    });
    this.sender = new BridgeSender(connection, this.consumer, {
      to,
      mode,
      checksum,
      step: maxRateHz > 0 ? 0 : decimation,
      ...(onEnd === undefined ? {} : { onEnd }),
    });
  }

  /** In the order in which they have to be added. */
  get agents(): readonly [Agent, Agent] {
    return [this.consumer, this.sender];
  }
}
