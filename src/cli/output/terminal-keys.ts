const ESCAPE = "\x1b";
const CTRL_C = "\x03";
const CTRL_Z = "\x1a";
/** Matches a key, or the escape sequence that a terminal sends for one. */
const KEYS = new RegExp(`${ESCAPE}\\[[0-9;]*[A-Za-z~]|[\\s\\S]`, "g");

/** Receives keys and changes of the terminal's mode. */
export interface KeysListener {
  onKey(key: string): void;
  /** The terminal has entered raw mode: at the start, and when the process resumes after a suspension. */
  onEnter?(): void;
  /** The terminal's original mode was restored. */
  onLeave?(): void;
}

/** Reads keys from the terminal, one at a time. The original mode is restored at the end and while the process is suspended. */
export class Keys {
  readonly #listener: KeysListener;
  readonly #onData = (data: Buffer): void => this.#take(data.toString("utf8"));
  readonly #onSuspend = (): void => this.#suspend();
  readonly #onContinue = (): void => this.#enter();
  readonly #onExit = (): void => this.#leave();
  #isEntered = false;

  constructor(listener: KeysListener) {
    this.#listener = listener;
    process.on("exit", this.#onExit);
    process.on("SIGTSTP", this.#onSuspend);
    process.on("SIGCONT", this.#onContinue);
    process.stdin.on("data", this.#onData);
    this.#enter();
  }

  /** Idempotent. */
  close(): void {
    this.#leave();
    process.off("exit", this.#onExit);
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
    this.#listener.onEnter?.();
  }

  #leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    process.stdin.setRawMode(false);
    this.#listener.onLeave?.();
  }

  #suspend(): void {
    this.#leave();
    process.kill(process.pid, "SIGSTOP");
  }

  #take(text: string): void {
    for (const key of text.match(KEYS) ?? []) {
      // In raw mode the terminal does not turn these keys into signals.
      if (key === CTRL_C) process.kill(process.pid, "SIGINT");
      else if (key === CTRL_Z) process.kill(process.pid, "SIGTSTP");
      else this.#listener.onKey(key);
    }
  }
}
