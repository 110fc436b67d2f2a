import type { StreamWriter } from "../../core/stream-writer.ts";
import { Keys } from "../output/terminal-keys.ts";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** Terminals with synchronized updates show each picture at once; others ignore these sequences. */
const BEGIN_UPDATE = "\x1b[?2026h\x1b[H";
const END_UPDATE = "\x1b[J\x1b[?2026l";
const CLEAR_REST_OF_LINE = "\x1b[K";
const CTRL_L = "\x0c";

export interface ScreenListener {
  onKey(key: string): void;
  /** The size has changed, or the screen content was lost. */
  onRedraw(): void;
}

/**
 * Controls the whole terminal, including its keys. The original state is restored whatever ends the process, except SIGKILL, and
 * while the process is suspended.
 */
export class Screen {
  readonly #writer: Pick<StreamWriter, "write" | "queuedBytes">;
  readonly #listener: ScreenListener;
  readonly #onResize = (): void => this.#listener.onRedraw();
  readonly #keys: Keys;
  #isEntered = false;

  constructor(writer: Pick<StreamWriter, "write" | "queuedBytes">, listener: ScreenListener) {
    this.#writer = writer;
    this.#listener = listener;
    process.on("SIGWINCH", this.#onResize);
    this.#keys = new Keys({
      onKey: (key) => (key === CTRL_L ? listener.onRedraw() : listener.onKey(key)),
      onEnter: () => this.#enter(),
      onLeave: () => this.#leave(),
    });
  }

  /** Current columns and rows of the terminal. */
  get size(): { readonly width: number; readonly height: number } {
    const [width, height] = process.stdout.getWindowSize();
    return { width: width || 80, height: height || 24 };
  }

  /** Shows a picture of at most `size.height` lines; skipped while a slow terminal has unwritten output. */
  draw(lines: readonly string[]): void {
    if (!this.#isEntered || this.#writer.queuedBytes > 0) return;
    const text = lines.map((line) => `${line}${CLEAR_REST_OF_LINE}`).join("\r\n");
    this.#writer.write(`${BEGIN_UPDATE}${text}${END_UPDATE}`);
  }

  /** Idempotent. */
  close(): void {
    this.#keys.close();
    process.off("SIGWINCH", this.#onResize);
  }

  #enter(): void {
    this.#isEntered = true;
    this.#writer.write(ENTER);
    this.#listener.onRedraw();
  }

  #leave(): void {
    this.#isEntered = false;
    this.#writer.write(LEAVE);
  }
}
