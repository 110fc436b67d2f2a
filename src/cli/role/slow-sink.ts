import { nativeParker } from "../../aeron/native-parker.ts";
import type { WaitPoint } from "../../core/wait-point.ts";
import type { Sink, SinkFrame, SinkStream } from "../../io/types.ts";

/** The age of one frame in this many is sampled. */
const AGE_SAMPLE_FRAMES = 16;

/** Wraps a sink: measures the age of frames, and can be slow on purpose, like a handler with a long computation. */
export class SlowSink implements Sink {
  readonly #inner: Sink;
  readonly #delayNs: number;
  #frames = 0;
  #totalAgeNs = 0;

  constructor(inner: Sink, delayNs: number) {
    this.#inner = inner;
    this.#delayNs = delayNs;
  }

  get description(): string {
    return this.#inner.description;
  }

  get needsAttributes(): boolean {
    return this.#inner.needsAttributes;
  }

  get takesAll(): boolean {
    return this.#inner.takesAll === true && this.#delayNs === 0;
  }

  get usesEventLoop(): boolean {
    return this.#inner.usesEventLoop === true;
  }

  get takesStrides(): boolean {
    return this.#inner.takesStrides === true;
  }

  get isPreparing(): boolean {
    return this.#inner.isPreparing === true;
  }

  get awaitsReader(): boolean {
    return this.#inner.awaitsReader === true;
  }

  get waitPoint(): WaitPoint | undefined {
    return this.#inner.waitPoint;
  }

  get briefWaitPoint(): WaitPoint | undefined {
    return this.#inner.briefWaitPoint;
  }

  get isAsked(): boolean {
    return this.#inner.isAsked === true;
  }

  begin(stream: SinkStream): void {
    this.#inner.begin?.(stream);
  }

  get hasRoom(): boolean {
    return this.#inner.hasRoom;
  }

  get drained(): boolean {
    return this.#inner.drained;
  }

  get closedByReader(): boolean {
    return this.#inner.closedByReader;
  }

  /** Mean age of the sampled frames since the last call; null without frames. */
  takeMeanAgeNs(): number | null {
    const mean = this.#frames === 0 ? null : this.#totalAgeNs / this.#frames;
    this.#frames = 0;
    this.#totalAgeNs = 0;
    return mean;
  }

  accept(frame: SinkFrame): void {
    // Reading the clock costs as much as the rest of a small frame, so ages are sampled.
    if (frame.seq % AGE_SAMPLE_FRAMES === 0 || this.#frames === 0) {
      this.#frames++;
      this.#totalAgeNs += frame.ageNs;
    }
    this.#inner.accept(frame);
    if (this.#delayNs > 0) nativeParker.parkNs(this.#delayNs);
  }

  settle(intact: boolean): void {
    this.#inner.settle(intact);
  }

  flush(): void {
    this.#inner.flush?.();
  }

  doWork(nowNs: number): number {
    return this.#inner.doWork(nowNs);
  }

  summary(): readonly string[] {
    return this.#inner.summary();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
