import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Child } from "./child.ts";
import type { Place, Workspace } from "./workspace.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const START_MS = 60_000;
/** Counts the messages in which the page reports a drawn picture. Runs before the page's own script. */
const COUNTING = `
  globalThis.__drawn = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === "string" && data.includes('"drawn"')) {
      globalThis.__drawn++;
      globalThis.__firstMs ??= performance.now();
    }
    return send.call(this, data);
  };
`;

/** The pictures that a tab has drawn; `firstMs` is null before the first one. */
export interface Drawn {
  readonly drawn: number;
  /** Time since the page started to load. */
  readonly firstMs: number | null;
}

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A headless Chromium, controlled over its DevTools protocol. */
export class Chromium implements AsyncDisposable {
  readonly #child: Child;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(child: Child, socket: WebSocket) {
    this.#child = child;
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id === undefined) return;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    };
  }

  /** The program's path; null if it is not installed. */
  static find(): string | null {
    return NAMES.map((name) => Bun.which(name)).find((path) => path !== null) ?? null;
  }

  /** @throws Error if it does not start */
  static async start(program: string, workspace: Workspace, place: Place): Promise<Chromium> {
    const profile = join(place.dir, "chromium");
    mkdirSync(profile);
    // WebGL in software must be allowed explicitly; Chromium's sandbox does not run as root.
    const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const flags = ["--headless=new", "--enable-unsafe-swiftshader", "--remote-debugging-port=0", ...root];
    const child = workspace.start([program, ...flags, `--user-data-dir=${profile}`, "about:blank"]);
    const endMs = performance.now() + START_MS;
    for (;;) {
      const url = child.errors.map((line) => /DevTools listening on (ws:\S+)/.exec(line)?.[1]).find(Boolean);
      if (url !== undefined) return new Chromium(child, await connected(url));
      if (performance.now() > endMs) throw new Error(`${program} did not start within ${START_MS / 1000} s`);
      await Bun.sleep(20);
    }
  }

  /** Opens a page in its own window, so that it is not hidden. Returns its session. */
  async open(url: string): Promise<string> {
    const { targetId } = await this.#ask("Target.createTarget", { url: "about:blank", newWindow: true });
    const { sessionId } = await this.#ask("Target.attachToTarget", { targetId, flatten: true });
    const session = String(sessionId);
    await this.#ask("Page.enable", {}, session);
    await this.#ask("Page.addScriptToEvaluateOnNewDocument", { source: COUNTING }, session);
    await this.#ask("Page.navigate", { url }, session);
    return session;
  }

  async drawn(session: string): Promise<Drawn> {
    const expression = "({ drawn: globalThis.__drawn ?? 0, firstMs: globalThis.__firstMs ?? null })";
    const { result } = await this.#ask("Runtime.evaluate", { expression, returnByValue: true }, session);
    return (result as { value: Drawn }).value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#child.stop();
  }

  async #ask(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, resolve);
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    const { result, error } = await promise;
    if (result === undefined) throw new Error(`${method}: ${error?.message ?? "no result"}`);
    return result;
  }
}

async function connected(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.onopen = () => resolve();
  socket.onerror = () => reject(new Error(`${url} cannot be connected to`));
  await promise;
  return socket;
}
