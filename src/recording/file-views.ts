import { Mapping } from "../shm/mapping.ts";

/** Distance and reach of a mapping's windows: any range of up to 2 GiB is within one of them. */
const WINDOW_STEP_BYTES = 2 ** 30;
const WINDOW_SPAN_BYTES = 3 * WINDOW_STEP_BYTES;

/** Views of a file's bytes without a copy: the file is mapped at the first request. */
export class FileViews {
  readonly #fd: number;
  readonly #byteLength: number;
  #mapping: Mapping | null = null;

  constructor(fd: number, byteLength: number) {
    this.#fd = fd;
    this.#byteLength = byteLength;
  }

  /** Bytes of the file, at most 2 GiB. Read-only; after `close` they read as zeros. @throws SystemError */
  view(offset: number, byteLength: number): Uint8Array {
    this.#mapping ??= Mapping.ofFile(this.#fd, this.#byteLength, "read-only");
    const from = Math.floor(offset / WINDOW_STEP_BYTES) * WINDOW_STEP_BYTES;
    const window = this.#mapping.window(from, Math.min(WINDOW_SPAN_BYTES, this.#byteLength - from));
    return new Uint8Array(window, offset - from, byteLength);
  }

  close(): void {
    this.#mapping?.close();
  }
}
