import type { StreamWriter } from "../../core/stream-writer.ts";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** Terminals that know synchronized updates show each picture at once; the others leave these aside. */
const BEGIN_UPDATE = "\x1b[?2026h\x1b[H";
const END_UPDATE = "\x1b[J\x1b[?2026l";
const CLEAR_REST_OF_LINE = "\x1b[K";
const ESCAPE = "\x1b";
const CTRL_C = "\x03";
const CTRL_Z = "\x1a";
const CTRL_L = "\x0c";
/** A key, or the sequence that a terminal sends for one. */
const KEYS = new RegExp(`${ESCAPE}\\[[0-9;]*[A-Za-z~]|[\\s\\S]`, "g");

export interface ScreenListener {
  onKey(key: string): void;
  /** The size has changed, or the picture was lost. */
  onRedraw(): void;
}

/**
 * The whole terminal, with its keys. Whatever ends the process, but SIGKILL, the terminal is left as it was found; it is also
 * while the process is suspended.
 */
export class Screen {
  readonly #writer: Pick<StreamWriter, "write" | "queuedBytes">;
  readonly #listener: ScreenListener;
  readonly #onData = (data: Buffer): void => this.#take(data.toString("utf8"));
  readonly #onResize = (): void => this.#listener.onRedraw();
  readonly #onSuspend = (): void => this.#suspend();
  readonly #onContinue = (): void => this.#enter();
  readonly #onExit = (): void => this.#leave();
  #isEntered = false;

  constructor(writer: Pick<StreamWriter, "write" | "queuedBytes">, listener: ScreenListener) {
    this.#writer = writer;
    this.#listener = listener;
    process.on("exit", this.#onExit);
    process.on("SIGWINCH", this.#onResize);
    process.on("SIGTSTP", this.#onSuspend);
    process.on("SIGCONT", this.#onContinue);
    process.stdin.on("data", this.#onData);
    this.#enter();
  }

  /** Columns and rows of the terminal now. */
  get size(): { readonly width: number; readonly height: number } {
    const [width, height] = process.stdout.getWindowSize();
    return { width: width || 80, height: height || 24 };
  }

  /** Shows a picture of at most `size.height` lines; left out while a slow terminal is behind. */
  draw(lines: readonly string[]): void {
    if (!this.#isEntered || this.#writer.queuedBytes > 0) return;
    const text = lines.map((line) => `${line}${CLEAR_REST_OF_LINE}`).join("\r\n");
    this.#writer.write(`${BEGIN_UPDATE}${text}${END_UPDATE}`);
  }

  /** Idempotent. */
  close(): void {
    this.#leave();
    process.off("exit", this.#onExit);
    process.off("SIGWINCH", this.#onResize);
    process.off("SIGTSTP", this.#onSuspend);
    process.off("SIGCONT", this.#onContinue);
    process.stdin.off("data", this.#onData);
    process.stdin.pause();
  }

  #enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    process.stdin.setRawMode(true);
    process.stdin.resume();
    this.#writer.write(ENTER);
    this.#listener.onRedraw();
  }

  #leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    process.stdin.setRawMode(false);
    this.#writer.write(LEAVE);
  }

  #suspend(): void {
    this.#leave();
    process.kill(process.pid, "SIGSTOP");
  }

  #take(text: string): void {
    for (const key of text.match(KEYS) ?? []) {
      // In raw mode the terminal makes no signals of them.
      if (key === CTRL_C) process.kill(process.pid, "SIGINT");
      else if (key === CTRL_Z) process.kill(process.pid, "SIGTSTP");
      else if (key === CTRL_L) this.#listener.onRedraw();
      else this.#listener.onKey(key);
    }
  }
}
