import { withoutSettings } from "../../config/index.ts";
import { PARENT_VARIABLE } from "../lifetime/end-with-parent.ts";

export interface ChildOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called for each line of standard output. */
  readonly onLine?: (line: string) => void;
  readonly cwd?: string;
}

/** A process of a measurement, which does not outlive this one: its output lines and its end. Signals go only to its own id. */
export class Child {
  /** Lines of standard error. */
  readonly errors: string[] = [];
  /** Resolves with the exit code after it has ended and all its output was read. */
  readonly ended: Promise<number>;
  readonly #command: readonly string[];
  readonly #process: Bun.Subprocess<"ignore", "pipe", "pipe">;

  constructor(command: readonly string[], { env = {}, onLine = () => undefined, cwd }: ChildOptions) {
    this.#command = command;
    this.#process = Bun.spawn([...command], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...withoutSettings(process.env), [PARENT_VARIABLE]: String(process.pid), ...env },
    });
    this.ended = Promise.all([
      this.#process.exited,
      eachLine(this.#process.stdout, onLine),
      eachLine(this.#process.stderr, (line) => this.errors.push(line)),
    ]).then(([code]) => code);
  }

  get pid(): number {
    return this.#process.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Waits for its end. @throws Error if it failed, with its error output */
  async succeeded(): Promise<void> {
    const code = await this.ended;
    if (code === 0) return;
    const said = this.errors.slice(-5).join("\n  ");
    throw new Error(`expected exit code 0, found ${code}: ${this.#command.join(" ")}\n  ${said}`);
  }

  /** Requests an orderly end and waits for it. */
  async stop(): Promise<void> {
    this.kill("SIGTERM");
    await this.ended;
  }
}

async function eachLine(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
  if (rest !== "") onLine(rest);
}
