import type { Agent } from "../core/agent.ts";
import { Driver } from "../roles/driver/driver.ts";
import { Producer } from "../roles/producer.ts";

/** Ends a role and takes it out of its pool. */
export type EndRole = (role: Agent) => Promise<void>;

/** A producer of a `TensorPool`. Made by `TensorPool.addProducer`. */
export class PoolProducer extends Producer implements AsyncDisposable {
  #end: EndRole | null = null;

  /** For the pool: how this producer ends. */
  attach(end: EndRole): void {
    this.#end = end;
  }

  /** Ends the stream, removes its regions or gives the lease back, and takes the producer out of its pool. Idempotent. */
  async close(): Promise<void> {
    await this.#end?.(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A driver of a `TensorPool`. Made by `TensorPool.addDriver`. */
export class PoolDriver extends Driver implements AsyncDisposable {
  #end: EndRole | null = null;

  /** For the pool: how this driver ends. */
  attach(end: EndRole): void {
    this.#end = end;
  }

  /** Ends every lease, removes the regions, and takes the driver out of its pool. Idempotent. */
  async close(): Promise<void> {
    await this.#end?.(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
