import { closeSync, openSync, readFileSync } from "node:fs";
import { LogTail } from "./log-tail.ts";

/** A process of a role, with its output in files. */
export class RoleRun implements Disposable {
  readonly pid: number;
  readonly startedMs = performance.now();
  readonly errorPath: string;
  readonly #child: Bun.Subprocess;
  readonly #output: LogTail;
  readonly #errors: LogTail;
  #end: { readonly code: number | null; readonly signal: string | number | null } | null = null;

  /** @param path of its two logs, without their endings */
  constructor(command: readonly string[], path: string, env: Readonly<Record<string, string>> = {}) {
    this.errorPath = `${path}.err`;
    const fds = [openSync(`${path}.out`, "w"), openSync(this.errorPath, "w")] as const;
    this.#child = Bun.spawn([...command], {
      stdin: "ignore",
      stdout: fds[0],
      stderr: fds[1],
      env: { ...process.env, NO_COLOR: "1", ...env },
    });
    for (const fd of fds) closeSync(fd);
    this.pid = this.#child.pid;
    this.#output = new LogTail(`${path}.out`);
    this.#errors = new LogTail(this.errorPath);
    this.#child.exited.then(() => {
      this.#end = { code: this.#child.exitCode, signal: this.#child.signalCode };
    });
  }

  /** How it has ended; null while it lives. */
  get end(): { readonly code: number | null; readonly signal: string | number | null } | null {
    return this.#end;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  newOutput(): string[] {
    return this.#output.lines();
  }

  newErrors(): string[] {
    return this.#errors.lines();
  }

  /** The end of its log, for people. */
  tail(lines: number): string {
    return readFileSync(this.errorPath, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  [Symbol.dispose](): void {
    this.#output[Symbol.dispose]();
    this.#errors[Symbol.dispose]();
  }
}
