import { getLogger } from "../../core/logger.ts";
import type { Scheduler } from "../../core/scheduler.ts";
import { ExitCode } from "../exit.ts";
import { DeadlineAgent } from "../lifetime/deadline-agent.ts";
import type { RunningRole } from "../role/running-role.ts";

const log = getLogger("run");

/**
 * The roles of one process. A producer or consumer that is done ends on its own; the process ends with the last of them, unless
 * there is a driver or a supervisor, which serve other processes.
 */
export class RoleSet {
  readonly #scheduler: Scheduler;
  readonly #lasting: RunningRole[] = [];
  readonly #ending = new Set<RunningRole>();
  readonly #ends: Promise<void>[] = [];
  #code: number = ExitCode.DONE;
  #hasStarted = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** True once the roles that serve others can be used; without such roles, once all have started. */
  get areReady(): boolean {
    if (this.#lasting.length === 0) return this.#hasStarted;
    return this.#lasting.every((role) => role.isReady?.() !== false);
  }

  /** Adds a role that runs until the process is asked to end. */
  addLasting(role: RunningRole): void {
    this.#lasting.push(role);
  }

  /** Adds a role that ends when it is done, or after its own --seconds. */
  async addEnding(secondsNs: number | undefined, start: (onDone: () => void) => Promise<RunningRole>): Promise<void> {
    let role: RunningRole | null = null;
    let isDone = false;
    const onDone = (): void => {
      if (isDone) return;
      isDone = true;
      if (role !== null) this.#end(role);
    };
    const started = await start(onDone);
    role = started;
    this.#ending.add(started);
    if (secondsNs !== undefined && !this.#scheduler.isStopping)
      this.#scheduler.add(new DeadlineAgent(secondsNs, onDone));
    // The role may have finished before it was added to the set.
    if (isDone) this.#end(started);
  }

  allStarted(): void {
    this.#hasStarted = true;
    this.#endWithLast();
  }

  /** Reports the outcome of every role; resolves to the exit code of the process. */
  async finish(): Promise<number> {
    await Promise.all(this.#ends);
    for (const role of [...this.#ending, ...this.#lasting]) await this.#tell(role);
    return this.#code;
  }

  #end(role: RunningRole): void {
    // During shutdown the scheduler closes all roles together.
    if (this.#scheduler.isStopping || !this.#ending.delete(role)) return;
    const end = this.#close(role);
    // `finish` rethrows the error: a role that could not end in order (e.g. its results could not be written) ends the process.
    end.catch(() => this.#scheduler.stop(`${role.name} failed`));
    this.#ends.push(end);
  }

  async #close(role: RunningRole): Promise<void> {
    log.info(`${role.name} is done`);
    for (const agent of [...role.agents].reverse()) await this.#scheduler.remove(agent);
    await this.#tell(role);
    this.#endWithLast();
  }

  async #tell(role: RunningRole): Promise<void> {
    this.#code = Math.max(this.#code, await role.finish());
  }

  #endWithLast(): void {
    if (this.#hasStarted && this.#ending.size === 0 && this.#lasting.length === 0) this.#scheduler.stop("all are done");
  }
}
