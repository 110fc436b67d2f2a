import type { SinkFrame } from "../types.ts";
import type { ViewSink } from "./contract.ts";
import { disregard, isThenable, type ModuleFaults } from "./faults.ts";
import { FrameView } from "./frames.ts";
import { ModuleSink } from "./module-sink.ts";

/** Passes frames in place to a user's module, and then reports whether they were intact. */
export class ViewModuleSink extends ModuleSink {
  readonly hasRoom = true;
  readonly drained = true;
  readonly #definition: ViewSink;
  readonly #view: FrameView;
  #isStaged = false;
  #stagedSeq = 0;
  #stagedAnswer: unknown;
  #stagedFailure: unknown = null;

  constructor(definition: ViewSink, faults: ModuleFaults) {
    super(definition, faults);
    this.#definition = definition;
    this.#view = new FrameView(faults);
  }

  accept(frame: SinkFrame): void {
    if (this.isOver) return;
    this.#isStaged = true;
    this.#stagedSeq = frame.seq;
    this.#stagedFailure = null;
    this.#view.begin(frame);
    try {
      this.#stagedAnswer = this.#definition.frame(this.#view);
    } catch (error) {
      // An overwritten frame may cause any exception: whether it was overwritten is known when it is settled.
      this.#stagedFailure = this.faults.thrown(`frame() to take frame ${frame.seq}`, error);
    } finally {
      this.#view.end();
    }
    if (!isThenable(this.#stagedAnswer)) return;
    disregard(this.#stagedAnswer);
    this.#stagedAnswer = undefined;
    this.fail(this.faults.fault("frame() to be done when it returns (or a sink with copiedFrame())", "a promise"));
  }

  settle(intact: boolean): void {
    if (!this.#isStaged) return;
    this.#isStaged = false;
    if (this.#stagedFailure !== null) {
      if (intact) this.fail(this.#stagedFailure);
      return;
    }
    try {
      this.#definition.settled?.(this.#stagedSeq, intact);
      if (intact) this.take(this.#stagedAnswer);
    } catch (error) {
      this.fail(this.faults.thrown(`settled() to return for frame ${this.#stagedSeq}`, error));
    }
  }

  protected step(): number {
    return 0;
  }
}
