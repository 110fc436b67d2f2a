import { join } from "node:path";

const ROOT = join(import.meta.dir, "../../..");

/**
 * A program of ours in a process of its own: it gets one JSON argument and prints one JSON value per line. Ended by its id at the end
 * of the block that declared it, whatever happened.
 */
export class Subject<Row> implements AsyncDisposable {
  readonly rows: Row[] = [];
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #name: string;
  readonly #stderr: Promise<string>;
  readonly #stdout: Promise<void>;
  #waiters: (() => void)[] = [];
  #hasEnded = false;

  /** `script`: relative to the checkout. */
  constructor(script: string, argument: unknown, env: Readonly<Record<string, string>> = {}) {
    this.#name = script;
    this.#child = Bun.spawn([process.execPath, join(ROOT, script), JSON.stringify(argument)], {
      cwd: ROOT,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, ...env },
    });
    this.#stderr = this.#child.stderr.text();
    this.#stdout = this.#read();
  }

  /** The next value that was not taken yet; throws when the process ended without it. */
  async next(): Promise<Row> {
    for (;;) {
      const row = this.rows.shift();
      if (row !== undefined) return row;
      if (this.#hasEnded) throw new Error(await this.explain("expected a further line, and the process ended"));
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Waits for its end. */
  async end(): Promise<{ exitCode: number | null; signal: NodeJS.Signals | number | null; stderr: string }> {
    await this.#stdout;
    await this.#child.exited;
    return { exitCode: this.#child.exitCode, signal: this.#child.signalCode, stderr: await this.#stderr };
  }

  /** Asks for its end by closing its standard input. */
  async finish(): Promise<void> {
    await this.#child.stdin.end();
  }

  /** What happened, with everything it said on standard error. */
  async explain(what: string): Promise<string> {
    const { exitCode, signal, stderr } = await this.end();
    return `${this.#name}: ${what}; exit ${exitCode ?? signal}\n${stderr}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of this.#child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.rows.push(JSON.parse(line));
      this.#wake();
    }
    this.#hasEnded = true;
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/** For a subject: its argument. */
export function argumentOf<T>(): T {
  return JSON.parse(process.argv[2] ?? "null");
}

/** For a subject: prints one value. */
export function tell(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** For a subject: true once its standard input was closed, so that it never outlives who started it. */
export function watchForEnd(): { readonly isOver: boolean } {
  const state = { isOver: false };
  process.stdin.on("end", () => {
    state.isOver = true;
  });
  process.stdin.resume();
  return state;
}

/** Gives the event loop its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
