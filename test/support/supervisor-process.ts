import type { ConsumerView, EventView, StreamView } from "../../src/supervision/model/index.ts";
import type { Place } from "./place.ts";
import type { RoleProcess, RoleProcessOptions } from "./role-process.ts";
import { TIMEOUT_MS } from "./until.ts";

/** A supervisor of a place as a process, asked by HTTP. */
export class SupervisorProcess {
  readonly process: RoleProcess;
  readonly url: string;

  private constructor(process: RoleProcess, url: string) {
    this.process = process;
    this.url = url;
  }

  static async start(
    place: Place,
    args: readonly string[] = [],
    options: RoleProcessOptions = {},
  ): Promise<SupervisorProcess> {
    const { aeronDir, shmDir } = place;
    const places = ["--aeron-dir", aeronDir, "--shm-dir", shmDir];
    const process = place.run(["supervisor", ...places, "--http", "0", "-o", "jsonl", ...args], options);
    const line = await process.errorLine(/served on http/);
    return new SupervisorProcess(process, /http:\S+/.exec(line)?.[0] ?? "");
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(this.url + path)).json()) as T;
  }

  async streams(): Promise<readonly StreamView[]> {
    return (await this.get<{ streams: StreamView[] }>("/api/v1/streams")).streams;
  }

  async consumers(): Promise<readonly ConsumerView[]> {
    return (await this.get<{ consumers: ConsumerView[] }>("/api/v1/consumers")).consumers;
  }

  async events(): Promise<readonly EventView[]> {
    return (await this.get<{ events: EventView[] }>("/api/v1/events")).events;
  }

  /** Asks again and again until there is an answer; fails with what was waited for and what happened until then. */
  async until<T>(ask: () => Promise<T | undefined>, what: string): Promise<T> {
    const endMs = performance.now() + TIMEOUT_MS;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (performance.now() > endMs) {
        const told = (await this.events()).map(({ time, text }) => `${time} ${text}`).join("\n");
        throw new Error(`expected ${what}\n${told}\n--- ${this.process.describe()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Waits for an event of this kind after the one with this id. */
  event(kind: EventView["kind"], afterId = 0): Promise<EventView> {
    return this.until(
      async () => (await this.events()).find((event) => event.kind === kind && event.id > afterId),
      `an event ${kind} after ${afterId}`,
    );
  }
}
