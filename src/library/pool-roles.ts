import type { Agent } from "../core/agent.ts";
import { Driver } from "../roles/driver/driver.ts";
import { Producer } from "../roles/producer.ts";
import type { Driver as DriverHandle, Producer as ProducerHandle } from "./handles.ts";

/** Ends a role and takes it out of its pool. */
export type EndRole = (role: Agent) => Promise<void>;

/** The producer behind the interface: a role that its pool ends. */
export class PoolProducer extends Producer implements ProducerHandle {
  #end: EndRole | null = null;

  /** For the pool: how this producer ends. */
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

  /** For the pool: how this driver ends. */
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
