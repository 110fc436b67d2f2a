import { NotFoundError } from "../../core/errors.ts";
import { DemoChild } from "./child.ts";
import type { Workspace } from "./workspace.ts";

const GRACE_MS = 3_000;

/** The page of a demo: runs `view` as a separate process. */
export class DemoViewer {
  readonly url: string;
  readonly #child: DemoChild;

  private constructor(child: DemoChild, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Starts it at an address and waits until it serves. @throws NotFoundError if it cannot */
  static async start(address: string, { aeronDir, shmDir }: Workspace): Promise<DemoViewer> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const args = ["view", "--http", address, "--aeron-dir", aeronDir, "--shm-dir", shmDir];
    const child = new DemoChild({ name: "viewer", args, onLine: resolve });
    const first = await Promise.race([promise, child.ended]);
    if (typeof first === "string") return new DemoViewer(child, first);
    const reason = first.error?.message ?? child.stderrTail.at(-1) ?? "it ended without a word";
    throw new NotFoundError(`the page of the demo cannot be served: ${reason}`);
  }

  async finish(): Promise<void> {
    await this.#child.finish(0, GRACE_MS);
  }

  kill(): void {
    this.#child.kill();
  }
}
