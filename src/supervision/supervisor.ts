import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel } from "../aeron/channel.ts";
import type { MessageSink, Messaging } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import type { Agent } from "../core/agent.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { ConsumerMode } from "../protocol/mode-filter.ts";
import { HOST_PORTS } from "../roles/host-ports.ts";
import { MODE_CODES } from "../roles/mode-codes.ts";
import type { RolePorts } from "../roles/ports.ts";
import { ConsumerConfigEncoder } from "../sbe/generated/control/index.ts";
import { Steering, type SteeringOrder, type SteeringRule, type SupervisionModel } from "./model/index.ts";
import { type ObserverOptions, SupervisionObserver } from "./observer.ts";

const DECIDE_PERIOD_NS = 250e6;
const BUFFER_BYTES = 256;

export interface SupervisorOptions extends Omit<ObserverOptions, "isOwnConfig"> {
  /** Empty: observe only. */
  readonly rules: readonly SteeringRule[];
}

/** A mode that a consumer is told to use. */
export interface ConsumerOrder {
  readonly streamId: number;
  readonly consumerId: number;
  readonly mode: ConsumerMode;
  /** With "decimated": every Nth frame. */
  readonly decimation: number;
  readonly useShm: boolean;
}

/** Watches every stream of a media driver (W-46), and steers consumers by rules or by hand (W-39). */
export class Supervisor implements Agent {
  readonly roleName = "supervisor";
  readonly observer: SupervisionObserver;
  /** ConsumerConfig messages that were sent, and those that could not be sent. */
  configsSent = 0;
  configsFailed = 0;
  readonly #connection: Messaging;
  readonly #steering: Steering;
  readonly #control: MessageSink;
  readonly #decide = new PeriodicTimer(DECIDE_PERIOD_NS);
  readonly #buffer = new NativeBuffer(BUFFER_BYTES);
  readonly #config = new ConsumerConfigEncoder();
  #nowNs = 0;

  constructor(connection: Messaging, { rules, ...options }: SupervisorOptions, ports: RolePorts = HOST_PORTS) {
    this.#connection = connection;
    const { channel, controlStreamId } = options.streams;
    this.#control = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
    const observed: ObserverOptions = {
      ...options,
      isOwnConfig: (nowNs, { sessionId, streamId, consumerId }) => {
        if (sessionId === this.#control.sessionId) return true;
        this.#steering.onForeignConfig(nowNs, streamId, consumerId);
        return false;
      },
    };
    this.observer = new SupervisionObserver(connection, observed, ports);
    this.#steering = new Steering(this.observer.model, rules);
  }

  get model(): SupervisionModel {
    return this.observer.model;
  }

  /** Number of consumers whose mode is currently changed by a rule. */
  get steered(): number {
    return this.#steering.steered;
  }

  /** True while it receives all streams and can publish. */
  get isReady(): boolean {
    return this.#connection.isReady && this.observer.isReady && this.#control.isReady;
  }

  doWork(nowNs: number): number {
    this.#nowNs = nowNs;
    const work = this.observer.doWork(nowNs);
    if (!this.#decide.isDue(nowNs)) return work;
    for (const order of this.#steering.decide(nowNs)) this.#send({ ...order, useShm: true });
    return work;
  }

  /** Sends a ConsumerConfig on request; the rules leave that consumer alone from then on. */
  order(order: ConsumerOrder, by: string): PublishResult {
    const { streamId, consumerId, mode, decimation } = order;
    const result = this.#send(order);
    if (result !== PublishResult.PUBLISHED) return result;
    this.#steering.onForeignConfig(this.#nowNs, streamId, consumerId);
    const how = mode === "decimated" ? `decimated, one frame of ${decimation}` : mode;
    const text = `${by} tells consumer ${consumerId} of stream ${streamId}: mode ${how}`;
    this.model.events.add(this.#nowNs, "config-sent", streamId, consumerId, text);
    return result;
  }

  onClose(): void {
    this.observer.onClose();
    this.#connection.remove(this.#control);
  }

  #send({ streamId, consumerId, mode, decimation, useShm }: SteeringOrder & { useShm: boolean }): PublishResult {
    const message = this.#config.wrap(this.#buffer.view, 0, BUFFER_BYTES);
    message
      .setStreamId(streamId)
      .setConsumerId(consumerId)
      .setUseShm(useShm ? 1 : 0);
    message.setMode(MODE_CODES[mode]).setDecimation(decimation).putPayloadFallbackUri("");
    const result = this.#control.publish(this.#buffer.address, message.encodedLength);
    if (result === PublishResult.PUBLISHED) this.configsSent++;
    else this.configsFailed++;
    return result;
  }
}
