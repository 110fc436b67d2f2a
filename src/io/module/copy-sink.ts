import { DEFAULT_LIMITS } from "../output/frame-queue.ts";
import type { SinkFrame } from "../types.ts";
import type { CopySink, KeptFrame } from "./contract.ts";
import { isThenable, type ModuleFaults } from "./faults.ts";
import { CopiedFrame } from "./frames.ts";
import { ModuleSink } from "./module-sink.ts";

/** Passes copies of intact frames to a user's module, one at a time; a few wait meanwhile. */
export class CopyModuleSink extends ModuleSink {
  readonly #definition: CopySink;
  readonly #waiting: KeptFrame[] = [];
  #staged: KeptFrame | null = null;
  #isBusy = false;
  #frameBytes = 0;

  constructor(definition: CopySink, faults: ModuleFaults) {
    super(definition, faults);
    this.#definition = definition;
  }

  get hasRoom(): boolean {
    const { frames, bytes } = DEFAULT_LIMITS;
    const limit = Math.max(2, Math.min(frames, Math.floor(bytes / Math.max(1, this.#frameBytes))));
    return this.#waiting.length + (this.#isBusy ? 1 : 0) < limit;
  }

  get drained(): boolean {
    return this.#waiting.length === 0 && !this.#isBusy;
  }

  override summary(): readonly string[] {
    const left = this.#waiting.length;
    return left === 0 ? super.summary() : [...super.summary(), `not handed over: ${left} (closed before they were)`];
  }

  accept(frame: SinkFrame): void {
    if (this.isOver) return;
    this.#frameBytes = frame.byteLength;
    this.#staged = new CopiedFrame(frame);
  }

  settle(intact: boolean): void {
    if (intact && this.#staged !== null) this.#waiting.push(this.#staged);
    this.#staged = null;
  }

  protected step(): number {
    if (this.#isBusy) return 0;
    const frame = this.#waiting.shift();
    if (frame === undefined) return 0;
    const onThrown = (error: unknown): void => {
      this.#isBusy = false;
      this.fail(this.faults.thrown(`copiedFrame() to take frame ${frame.seq}`, error));
    };
    try {
      const answer = this.#definition.copiedFrame(frame);
      if (isThenable(answer)) {
        this.#isBusy = true;
        answer.then((said) => {
          this.#isBusy = false;
          this.take(said);
        }, onThrown);
      } else this.take(answer);
    } catch (error) {
      onThrown(error);
    }
    return 1;
  }
}
