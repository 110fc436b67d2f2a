import { uptimeNs } from "../../core/clock.ts";
import { valuesOf } from "../../protocol/values.ts";
import { describeLayout, sameLayout } from "../layout.ts";
import type { Attribute, FillState, FrameLayout, Source, SourceState } from "../types.ts";
import type { FillSource } from "./contract.ts";
import { attributesOf, layoutFrom, positiveNumber } from "./definition.ts";
import { closeDefinition } from "./ending.ts";
import { describe, disregard, isObject, isThenable, type ModuleFaults } from "./faults.ts";

/** Frames that a user's module fills in place. */
export class FillModuleSource implements Source {
  readonly live: boolean;
  readonly attributes: readonly Attribute[];
  readonly nativeRateHz: number | null;
  readonly #definition: FillSource;
  readonly #faults: ModuleFaults;
  readonly #frame = { n: 0, nowNs: 0 };
  readonly #knownMaxByteLength: number;
  #layoutSaid: unknown = null;
  #layout: FrameLayout;
  #isEnded = false;
  #failure: unknown = null;

  /** @throws SourceError if the definition is unusable */
  constructor(definition: FillSource, faults: ModuleFaults) {
    this.#definition = definition;
    this.#faults = faults;
    this.live = definition.live ?? true;
    this.attributes = attributesOf(definition, faults);
    this.nativeRateHz = positiveNumber(definition, "rateHz", faults);
    this.#knownMaxByteLength = positiveNumber(definition, "maxByteLength", faults) ?? 0;
    this.#layout = this.#readLayout(null);
  }

  get description(): string {
    const rate = this.nativeRateHz === null ? "" : ` ${this.nativeRateHz} frames/s`;
    return `${this.#definition.description ?? `module:${this.#faults.path}`} ${describeLayout(this.#layout)}${rate}`;
  }

  get layout(): FrameLayout {
    return this.#layout;
  }

  get maxByteLength(): number {
    return Math.max(this.#knownMaxByteLength, this.#layout.byteLength);
  }

  poll(nowNs: number): SourceState {
    if (this.#failure !== null) throw this.#failure;
    if (this.#isEnded) return "end";
    try {
      this.#frame.nowNs = uptimeNs(nowNs);
      const state = this.#ask();
      if (state === "ready") this.#layout = this.#readLayout(this.#layout);
      if (state === "end") this.#isEnded = true;
      return state;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  fill(target: Uint8Array, nowNs: number): FillState {
    if (this.#failure !== null) throw this.#failure;
    const { byteLength, dtype } = this.#layout;
    if (target.length !== byteLength) {
      throw new RangeError(`expected a target of ${byteLength} bytes, found ${target.length}`);
    }
    this.#frame.nowNs = uptimeNs(nowNs);
    let result: unknown;
    try {
      result = this.#definition.fill(valuesOf(target, dtype), this.#frame);
    } catch (error) {
      throw this.#fail(this.#faults.thrown(`fill() to fill frame ${this.#frame.n}`, error));
    }
    if (isThenable(result)) {
      disregard(result);
      throw this.#fail(
        this.#faults.fault("fill() to be done when it returns (or a source with frames())", "a promise"),
      );
    }
    return this.skip();
  }

  skip(): FillState {
    this.#frame.n++;
    return "done";
  }

  close(): void {
    this.#isEnded = true;
    closeDefinition(this.#definition, this.#faults);
  }

  #ask(): SourceState {
    if (this.#definition.poll === undefined) return "ready";
    let state: unknown;
    try {
      state = this.#definition.poll(this.#frame);
    } catch (error) {
      throw this.#faults.thrown("poll() to return", error);
    }
    if (state === "ready" || state === "idle" || state === "end") return state;
    if (isThenable(state)) disregard(state);
    throw this.#faults.fault('poll() to return "ready", "idle" or "end"', describe(state));
  }

  /** The module's current layout; the known object while it is unchanged. */
  #readLayout(known: FrameLayout | null): FrameLayout {
    let said: unknown;
    try {
      said = this.#definition.layout;
    } catch (error) {
      throw this.#faults.thrown('"layout" to be readable', error);
    }
    if (known !== null && said === this.#layoutSaid) return known;
    this.#layoutSaid = said;
    if (!isObject(said)) throw this.#faults.fault('"layout" to be { dtype, dims }', describe(said));
    const layout = layoutFrom(said, '"layout"', this.#faults);
    return known !== null && sameLayout(known, layout) ? known : layout;
  }

  #fail(error: unknown): unknown {
    this.#failure = error;
    return error;
  }
}
