import type { Agent } from "../core/agent.ts";
import { isBytes, requireOptions } from "../core/rules.ts";
import type { Attribute } from "../protocol/attribute.ts";
import type { FrameShape } from "../protocol/frame-layout.ts";
import { Driver } from "../roles/driver/driver.ts";
import { Producer } from "../roles/producer.ts";
import type { ConsumerConfig } from "../roles/producer-messages.ts";
import type { OfferResult } from "../roles/producer-options.ts";
import type { Driver as DriverHandle, Producer as ProducerHandle } from "./handles.ts";
import { CONSUMER_CONFIG, isAttributeList } from "./option-rules.ts";

/** Ends a role and removes it from its pool. */
export type EndRole = (role: Agent) => Promise<void>;

/** The producer behind the interface: a role that its pool closes. */
export class PoolProducer extends Producer implements ProducerHandle {
  #end: EndRole | null = null;

  override offer(bytes: Uint8Array, shape: FrameShape): OfferResult {
    if (!(bytes instanceof Uint8Array)) isBytes("bytes", bytes);
    return super.offer(bytes, shape);
  }

  override setAttributes(attributes: readonly Attribute[]): void {
    isAttributeList("attributes", attributes);
    super.setAttributes(attributes);
  }

  override sendConsumerConfig(config: ConsumerConfig): void {
    requireOptions("sendConsumerConfig", CONSUMER_CONFIG, config);
    super.sendConsumerConfig(config);
  }

  /** For the pool: sets the function that ends this producer. */
  attach(end: EndRole): void {
    this.#end = end;
  }

  async close(): Promise<void> {
    await this.#end?.(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The driver behind the interface. */
export class PoolDriver extends Driver implements DriverHandle {
  #end: EndRole | null = null;

  /** For the pool: sets the function that ends this driver. */
  attach(end: EndRole): void {
    this.#end = end;
  }

  async close(): Promise<void> {
    await this.#end?.(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
