import { messageOf } from "../../core/errors.ts";
import type { Sink, SinkFrame } from "../types.ts";
import type { SinkDefinition } from "./contract.ts";
import type { ModuleFaults } from "./faults.ts";

/** The common part of both kinds of module sinks: counting, ending, failing. */
export abstract class ModuleSink implements Sink {
  readonly description: string;
  readonly needsAttributes: boolean;
  /** A module may have its own timers and servers. */
  readonly usesEventLoop = true;
  protected readonly faults: ModuleFaults;
  readonly #definition: SinkDefinition;
  #takenFrames = 0;
  #isEnough = false;
  #failure: unknown = null;
  #closing: Promise<void> | null = null;

  constructor(definition: SinkDefinition, faults: ModuleFaults) {
    this.description = definition.description ?? `module:${faults.path}`;
    this.needsAttributes = definition.needsAttributes ?? false;
    this.faults = faults;
    this.#definition = definition;
  }

  abstract readonly hasRoom: boolean;
  abstract readonly drained: boolean;
  abstract accept(frame: SinkFrame): void;
  abstract settle(intact: boolean): void;
  /** One step; returns the work done. */
  protected abstract step(): number;

  /** True once the module returned `false` to end. */
  get closedByReader(): boolean {
    return this.#isEnough;
  }

  /** True if no further frame may be passed to the module. */
  protected get isOver(): boolean {
    return this.#isEnough || this.#failure !== null || this.#closing !== null;
  }

  doWork(_nowNs: number): number {
    if (this.#failure !== null) throw this.#failure;
    const work = this.isOver ? 0 : this.step();
    if (this.#failure !== null) throw this.#failure;
    return work;
  }

  summary(): readonly string[] {
    const frames = this.#takenFrames;
    const lines = [`${this.description} took ${frames} ${frames === 1 ? "frame" : "frames"}`];
    try {
      return [...lines, ...(this.#definition.summary?.() ?? [])];
    } catch (error) {
      return [...lines, messageOf(this.faults.thrown("summary() to return lines", error))];
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Handles the module's return value for a frame. */
  protected take(answer: unknown): void {
    this.#takenFrames++;
    if (answer === false) this.#isEnough = true;
  }

  /** `doWork` throws the first failure. */
  protected fail(error: unknown): void {
    this.#failure ??= error;
  }

  async #close(): Promise<void> {
    try {
      await this.#definition.close?.();
    } catch (error) {
      throw this.faults.thrown("close() to return", error);
    }
  }
}
