import { readFileSync } from "node:fs";
import { TIMEOUT_MS } from "./until.ts";

export interface RoleProcessOptions {
  /** What it reads on standard input. */
  readonly stdin?: Uint8Array | Blob;
  readonly env?: Readonly<Record<string, string>>;
  /** The folder that it is started in; this one's when left out. */
  readonly cwd?: string;
  /** Standard output is kept as bytes and not taken for lines. */
  readonly binary?: boolean;
  /** What the command is started by: as another user, in a namespace. It becomes the process, or passes signals on. */
  readonly through?: (command: readonly string[]) => readonly string[];
  /** What else is worth knowing when a wait fails: how the other processes of the test fare. */
  readonly surroundings?: () => string;
}

/** A row of `-o jsonl`, as both roles print them. */
export interface StatsRow {
  readonly role: string;
  readonly epoch: number | string | null;
  readonly consumers: number;
  readonly framesPerSecond: number;
  readonly lost: number;
  readonly counters: Readonly<Record<string, number>>;
}

interface Waiter {
  check(): boolean;
  fail(error: Error): void;
}

/** A process of the command line whose lines, rows and end can be waited for. */
export class RoleProcess {
  readonly pid: number;
  readonly stdoutLines: string[] = [];
  readonly stderrLines: string[] = [];
  readonly #child: Bun.Subprocess<Uint8Array | Blob | "ignore", "pipe", "pipe">;
  readonly #command: string;
  readonly #chunks: Uint8Array[] = [];
  readonly #finished: Promise<void>;
  readonly #surroundings: () => string;
  #waiters: Waiter[] = [];
  #hasEnded = false;
  #rowsTaken = 0;

  constructor(command: readonly string[], options: RoleProcessOptions = {}) {
    this.#command = command.slice(2).join(" ");
    this.#surroundings = options.surroundings ?? (() => "");
    this.#child = Bun.spawn([...(options.through?.(command) ?? command)], {
      stdin: options.stdin ?? "ignore",
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, NO_COLOR: "1", ...options.env },
    });
    this.pid = this.#child.pid;
    const output = options.binary === true ? this.#keep() : this.#read(this.#child.stdout, this.stdoutLines);
    this.#finished = Promise.all([output, this.#read(this.#child.stderr, this.stderrLines), this.#child.exited]).then(
      () => {
        this.#hasEnded = true;
        this.#look();
      },
    );
  }

  /** True once it has exited and everything it said is here. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get stderr(): string {
    return this.stderrLines.join("\n");
  }

  get stdout(): string {
    return this.stdoutLines.join("\n");
  }

  /** Standard output of a `binary` process so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** The rows of `-o jsonl` so far. */
  get rows(): StatsRow[] {
    return this.stdoutLines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  }

  /** The last row: after the end, the sums of everything. */
  get lastRow(): StatsRow {
    const row = this.rows.at(-1);
    if (row === undefined) throw new Error(this.#explain("expected a row of statistics"));
    return row;
  }

  /** Forgets the rows that came until now: the next `row` is a later one. */
  markRows(): void {
    this.#rowsTaken = this.rows.length;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops it and waits until the kernel says that it is paused. */
  async stop(): Promise<void> {
    this.signal("SIGSTOP");
    while (!/\) T /.test(readFileSync(`/proc/${this.pid}/stat`, "utf8"))) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Waits for a line on standard error. */
  errorLine(pattern: RegExp): Promise<string> {
    return this.#await(
      () => this.stderrLines.find((line) => pattern.test(line)),
      `a line like ${pattern} on standard error`,
    );
  }

  /** Waits until `count` lines on standard error match. */
  errorLines(pattern: RegExp, count: number): Promise<string[]> {
    return this.#await(() => {
      const lines = this.stderrLines.filter((line) => pattern.test(line));
      return lines.length >= count ? lines : undefined;
    }, `${count} lines like ${pattern} on standard error`);
  }

  /** Waits for a row of statistics after the marked ones. */
  row(predicate: (row: StatsRow) => boolean, what: string): Promise<StatsRow> {
    return this.#await(() => this.rows.slice(this.#rowsTaken).find(predicate), `a row with ${what}`);
  }

  /** Waits for its end; resolves to the exit code. @throws when it was ended by a signal */
  async exit(): Promise<number> {
    await this.#await(() => (this.#hasEnded ? true : undefined), "its end");
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null) throw new Error(this.#explain(`expected an exit code, ended by ${signalCode}`));
    return exitCode;
  }

  /** Ends it at once, also when it is paused. Idempotent. */
  async destroy(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#finished;
  }

  async #keep(): Promise<void> {
    for await (const chunk of this.#child.stdout) this.#chunks.push(chunk);
  }

  async #read(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      const parts = text.split("\n");
      text = parts.pop() ?? "";
      lines.push(...parts);
      this.#look();
    }
    if (text !== "") lines.push(text);
  }

  #await<T>(find: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(this.#explain(`expected ${what}, waited ${TIMEOUT_MS} ms`))),
        TIMEOUT_MS,
      );
      const waiter: Waiter = {
        check: () => {
          const found = find();
          if (found === undefined) return false;
          clearTimeout(timer);
          resolve(found);
          return true;
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      if (waiter.check()) return;
      if (this.#hasEnded) waiter.fail(new Error(this.#explain(`expected ${what}, and the process ended`)));
      else this.#waiters.push(waiter);
    });
  }

  #look(): void {
    this.#waiters = this.#waiters.filter((waiter) => !waiter.check());
    if (!this.#hasEnded) return;
    for (const waiter of this.#waiters) waiter.fail(new Error(this.#explain("the process ended before that")));
    this.#waiters = [];
  }

  /** Command, exit and standard error, for messages. */
  describe(): string {
    const { exitCode, signalCode } = this.#child;
    return `${this.#command}; exit ${exitCode ?? signalCode}\n${this.stderr}`;
  }

  #explain(what: string): string {
    const last = this.stdoutLines.slice(-3).join("\n");
    return `${what}\n--- ${this.describe()}\n--- stdout, last\n${last}\n${this.#surroundings()}`;
  }
}
