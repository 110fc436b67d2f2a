import { messageOf } from "../../core/errors.ts";
import { SourceError } from "../errors.ts";
import type { ByteInput } from "./byte-input.ts";
import { inputName, openInput } from "./open-input.ts";

/** Provides the inputs of a stream source, one at a time. */
export interface Inputs {
  /** The awaited input: the current one or, between two, the next. */
  readonly currentName: string;
  /** The next input at its first byte; null while it is being opened, "end" after the last. @throws SourceError */
  next(): ByteInput | "end" | null;
  close(): void;
}

/** Inputs in sequence, starting again from the first if repeated. They are opened outside the duty cycle, which polls. */
export class InputSequence implements Inputs {
  readonly #paths: readonly string[];
  readonly #isRepeated: boolean;
  #index = -1;
  #current: ByteInput | null = null;
  #isOpening = false;
  #opened: ByteInput | null = null;
  #failure: SourceError | null = null;
  #isClosed = false;

  constructor(paths: readonly string[], isRepeated: boolean) {
    this.#paths = paths;
    this.#isRepeated = isRepeated;
  }

  get currentName(): string {
    return this.#current?.name ?? inputName(this.#paths[Math.max(0, this.#index)] ?? "");
  }

  next(): ByteInput | "end" | null {
    if (this.#failure !== null) throw this.#failure;
    if (this.#opened !== null) {
      this.#current = this.#opened;
      this.#opened = null;
      return this.#current;
    }
    if (this.#isOpening) return null;
    if (this.#isClosed) return "end";
    if (this.#index === this.#paths.length - 1 && !this.#isRepeated) return "end";
    // A single file stays open and is rewound.
    if (this.#current?.isRepeatable && this.#paths.length === 1) {
      this.#current.rewind();
      return this.#current;
    }
    // A pipe that has ended would end again immediately.
    if (this.#current !== null && !this.#current.isRepeatable && this.#paths.length === 1) return "end";
    this.#current?.close();
    this.#current = null;
    this.#index = (this.#index + 1) % this.#paths.length;
    this.#open(this.#paths[this.#index] ?? "");
    return null;
  }

  close(): void {
    this.#isClosed = true;
    this.#current?.close();
    this.#opened?.close();
    this.#current = null;
    this.#opened = null;
  }

  #open(path: string): void {
    this.#isOpening = true;
    openInput(path).then(
      (input) => {
        this.#isOpening = false;
        if (this.#isClosed) input.close();
        else this.#opened = input;
      },
      (error: unknown) => {
        this.#isOpening = false;
        this.#failure =
          error instanceof SourceError ? error : new SourceError("unreadable", messageOf(error), { cause: error });
      },
    );
  }
}
