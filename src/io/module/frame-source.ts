import { contiguousByteLength } from "../../protocol/dtype.ts";
import { dtypeOfValues } from "../../protocol/values.ts";
import { FILL_LIMIT_BYTES } from "../input/stream-source.ts";
import { describeLayout, NO_LAYOUT, sameLayout } from "../layout.ts";
import type { OpenOptions } from "../spec.ts";
import type { Attribute, FillState, FrameLayout, Source, SourceState } from "../types.ts";
import type { FrameSource } from "./contract.ts";
import { attributesOf, layoutFrom, positiveNumber } from "./definition.ts";
import { closeDefinition, reportFailure } from "./ending.ts";
import { describe, disregard, isObject, isThenable, type ModuleFaults } from "./faults.ts";
import { awaitModule } from "./load.ts";

/** The common part of an iterator's and an asynchronous iterator's `next`. */
interface Puller {
  next(): unknown;
  return?(): unknown;
}

/** Frames yielded by a user's generator; each is copied before the next one is requested. */
export class FrameModuleSource implements Source {
  readonly live: boolean;
  readonly attributes: readonly Attribute[];
  readonly nativeRateHz: number | null;
  readonly #definition: FrameSource;
  readonly #faults: ModuleFaults;
  readonly #puller: Puller;
  #state: "wanted" | "pending" | "ready" | "end" = "wanted";
  #layout = NO_LAYOUT;
  #bytes = new Uint8Array(0);
  #copiedBytes = 0;
  #maxByteLength: number;
  #n = -1;
  #failure: unknown = null;
  #isClosed = false;
  #whenPulled: Promise<void> = Promise.resolve();

  /** @throws SourceError if the definition is unusable */
  constructor(definition: FrameSource, faults: ModuleFaults) {
    this.#definition = definition;
    this.#faults = faults;
    this.live = definition.live ?? false;
    this.attributes = attributesOf(definition, faults);
    this.nativeRateHz = positiveNumber(definition, "rateHz", faults);
    this.#maxByteLength = positiveNumber(definition, "maxByteLength", faults) ?? 0;
    this.#puller = this.#begin();
  }

  get description(): string {
    const layout = this.#layout === NO_LAYOUT ? "without frames" : describeLayout(this.#layout);
    return `${this.#definition.description ?? `module:${this.#faults.path}`} ${layout}`;
  }

  get layout(): FrameLayout {
    return this.#layout;
  }

  get maxByteLength(): number {
    return this.#maxByteLength;
  }

  /** Waits for the first frame, whose layout sizes the slots. @throws SourceError */
  async start(options: OpenOptions): Promise<void> {
    try {
      this.#pull();
      await awaitModule(this.#whenPulled, "the first frame", this.#faults, options);
      if (this.#failure !== null) throw this.#failure;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  poll(_nowNs: number): SourceState {
    if (this.#failure !== null) throw this.#failure;
    if (this.#state === "wanted") this.#pull();
    if (this.#failure !== null) throw this.#failure;
    return this.#state === "ready" || this.#state === "end" ? this.#state : "idle";
  }

  fill(target: Uint8Array, _nowNs: number): FillState {
    const { byteLength } = this.#layout;
    if (target.length !== byteLength) {
      throw new RangeError(`expected a target of ${byteLength} bytes, found ${target.length}`);
    }
    const to = Math.min(byteLength, this.#copiedBytes + FILL_LIMIT_BYTES);
    target.set(this.#bytes.subarray(this.#copiedBytes, to), this.#copiedBytes);
    this.#copiedBytes = to;
    return to < byteLength ? "more" : this.skip();
  }

  skip(): FillState {
    this.#copiedBytes = 0;
    this.#state = "wanted";
    return "done";
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#state = "end";
    reportFailure(() => this.#puller.return?.(), "frames() to end", this.#faults);
    closeDefinition(this.#definition, this.#faults);
  }

  #begin(): Puller {
    let frames: unknown;
    try {
      frames = this.#definition.frames();
      if (isObject(frames)) {
        if (Symbol.asyncIterator in frames)
          return (frames as unknown as AsyncIterable<unknown>)[Symbol.asyncIterator]();
        if (Symbol.iterator in frames) return (frames as unknown as Iterable<unknown>)[Symbol.iterator]();
      }
    } catch (error) {
      throw this.#faults.thrown("frames() to return a generator", error);
    }
    if (isThenable(frames)) disregard(frames);
    throw this.#faults.fault("frames() to return a generator", describe(frames));
  }

  /** Requests the next frame; an asynchronous generator is awaited outside the duty cycle. */
  #pull(): void {
    this.#n++;
    let result: unknown;
    try {
      result = this.#puller.next();
    } catch (error) {
      this.#failure = this.#thrown(error);
      return;
    }
    if (!isThenable(result)) {
      this.#take(result);
      return;
    }
    this.#state = "pending";
    this.#whenPulled = Promise.resolve(result).then(
      (settled) => {
        if (!this.#isClosed) this.#take(settled);
      },
      (error: unknown) => {
        this.#failure = this.#thrown(error);
      },
    );
  }

  #thrown(error: unknown): unknown {
    return this.#faults.thrown(`frames() to yield frame ${this.#n}`, error);
  }

  #take(result: unknown): void {
    try {
      if (!isObject(result))
        throw this.#faults.fault("frames() to return a generator", `next() of ${describe(result)}`);
      if (result.done === true) this.#state = "end";
      else this.#takeFrame(result.value);
    } catch (error) {
      this.#failure = error;
    }
  }

  #takeFrame(yielded: unknown): void {
    const what = `frame ${this.#n}`;
    const frame: unknown = ArrayBuffer.isView(yielded) ? { values: yielded } : yielded;
    if (!isObject(frame) || !ArrayBuffer.isView(frame.values)) {
      if (isThenable(yielded)) disregard(yielded);
      const found = isObject(frame) && !isThenable(frame) ? `values of ${describe(frame.values)}` : describe(yielded);
      throw this.#faults.fault(`${what} to be a typed array, or { values: a typed array, dims }`, found);
    }
    const { values, majorOrder } = frame;
    const natural = dtypeOfValues(values);
    const dtype = frame.dtype ?? natural;
    const dims = frame.dims ?? (dtype === natural ? [(values as Uint8Array).length] : undefined);
    const layout = layoutFrom({ dtype, dims, ...(majorOrder === undefined ? {} : { majorOrder }) }, what, this.#faults);
    if (natural !== layout.dtype && natural !== undefined && natural !== "uint8") {
      throw this.#faults.fault(`${what} of dtype ${layout.dtype} as such an array, or as bytes`, describe(values));
    }
    const expectedBytes = contiguousByteLength(layout.dtype, layout.dims);
    if (values.byteLength !== expectedBytes) {
      throw this.#faults.fault(
        `${what} of ${describeLayout(layout)} to have ${expectedBytes} bytes`,
        `${values.byteLength} bytes`,
      );
    }
    if (!sameLayout(layout, this.#layout) || this.#layout === NO_LAYOUT) this.#layout = layout;
    this.#maxByteLength = Math.max(this.#maxByteLength, expectedBytes);
    this.#bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
    this.#state = "ready";
  }
}
