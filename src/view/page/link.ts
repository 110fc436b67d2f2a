import type { EventView } from "../../supervision/model/views.ts";
import type {
  ClientMessage,
  PlaneSpec,
  PlayheadMessage,
  RecordingInfo,
  Sample,
  ShapeMessage,
  WatchMessage,
} from "../messages.ts";
import { SilenceLimit } from "./silence-limit.ts";
import type { StateMessage } from "./store.ts";
import { decodePicture, type Picture } from "./values.ts";

const VIEWS = 64;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;
const LOOK_MS = 500;

export interface WelcomeMessage {
  readonly type: "welcome";
  readonly maySee: boolean;
  readonly maySteer: boolean;
  readonly reason: string | null;
  readonly version: string;
  readonly history: Readonly<Record<string, readonly Sample[]>>;
  /** The recording shown instead of live streams. */
  readonly recording?: RecordingInfo | null;
}

/** What the page shows of a stream. */
export interface WatchRequest {
  readonly stream: number;
  readonly plane: PlaneSpec | null;
  readonly maxPixels: number;
  readonly maxSide: number;
  readonly reduction: WatchMessage["reduction"];
}

export interface WatchHandler {
  onShape(shape: ShapeMessage): void;
  /** Call `drawn` once the picture was drawn: only then is the next one sent. */
  onPicture(picture: Picture, drawn: () => void): void;
}

export interface LinkListener {
  onWelcome(message: WelcomeMessage): void;
  onState(message: StateMessage & { readonly events: readonly EventView[] }): void;
  /** `heardMs`: time of the server's last message, since 1970. */
  onConnection(isOpen: boolean, heardMs: number): void;
  onPlayhead(message: PlayheadMessage): void;
}

/** The page's WebSocket: reconnects automatically and then repeats all requests. */
export class Link {
  token: string | null;
  readonly #listener: LinkListener;
  readonly #watches = new Map<number, { readonly request: WatchRequest; readonly handler: WatchHandler }>();
  #socket: WebSocket | null = null;
  #isAdmitted = false;
  #nextView = 0;
  #retryMs = FIRST_RETRY_MS;
  #heardMs = Date.now();
  readonly #silence = new SilenceLimit();
  /** The server sends states, and sent none for too long. */
  #isSilent = false;
  #isLive = false;

  constructor(token: string | null, listener: LinkListener) {
    this.token = token;
    this.#listener = listener;
    setInterval(() => this.#watchSilence(), LOOK_MS);
  }

  connect(): void {
    const url = new URL("/view/socket", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("open", () => this.hello());
    socket.addEventListener("message", ({ data }) => this.#onMessage(data));
    socket.addEventListener("close", () => {
      this.#isAdmitted = false;
      this.#isLive = false;
      this.#silence.reset();
      this.#listener.onConnection(false, this.#heardMs);
      setTimeout(() => this.connect(), this.#retryMs);
      this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
    });
  }

  /** Sends the hello: again if there is another token. */
  hello(): void {
    this.#send({ type: "hello", token: this.token });
  }

  /** Watches a stream until the returned function is called. */
  watch(request: WatchRequest, handler: WatchHandler): () => void {
    let view = this.#nextView;
    while (this.#watches.has(view)) view = (view + 1) % VIEWS;
    // Ids wrap around, so that a picture in transit for an old view does not reach a new one.
    this.#nextView = (view + 1) % VIEWS;
    const watch = { request, handler };
    this.#watches.set(view, watch);
    if (this.#isAdmitted) this.#send({ type: "watch", view, ...request });
    return () => {
      if (this.#watches.get(view) !== watch) return;
      this.#watches.delete(view);
      this.#send({ type: "unwatch", view });
    };
  }

  /** Moves through a recording. */
  move(message: Extract<ClientMessage, { type: "seek" | "step" | "find" }>): void {
    if (this.#isAdmitted) this.#send(message);
  }

  /** Number of free views. */
  get room(): number {
    return VIEWS - this.#watches.size;
  }

  #watchSilence(): void {
    if (!this.#isLive || this.#isSilent || Date.now() - this.#heardMs < this.#silence.allowedMs) return;
    this.#isSilent = true;
    this.#listener.onConnection(false, this.#heardMs);
  }

  #onMessage(data: string | ArrayBuffer): void {
    const nowMs = Date.now();
    if (this.#isLive) this.#silence.onHeard(nowMs - this.#heardMs, typeof data !== "string");
    this.#heardMs = nowMs;
    if (this.#isSilent) {
      this.#isSilent = false;
      this.#listener.onConnection(true, this.#heardMs);
    }
    if (typeof data === "string") {
      this.#onText(JSON.parse(data));
      return;
    }
    const picture = decodePicture(data);
    const watch = picture === null ? undefined : this.#watches.get(picture.view);
    if (picture === null || watch === undefined) return;
    const { view } = picture;
    watch.handler.onPicture(picture, () => {
      if (this.#watches.get(view) === watch) this.#send({ type: "drawn", view });
    });
  }

  #onText(
    message:
      | WelcomeMessage
      | ShapeMessage
      | PlayheadMessage
      | (StateMessage & { readonly events: readonly EventView[] }),
  ): void {
    switch (message.type) {
      case "welcome":
        this.#retryMs = FIRST_RETRY_MS;
        this.#listener.onConnection(true, this.#heardMs);
        if (message.maySee && !this.#isAdmitted) {
          this.#isAdmitted = true;
          for (const [view, { request }] of this.#watches) this.#send({ type: "watch", view, ...request });
        }
        this.#listener.onWelcome(message);
        return;
      case "playhead":
        this.#listener.onPlayhead(message);
        return;
      case "state":
        this.#isLive = true;
        this.#listener.onState(message);
        return;
      case "shape":
        this.#watches.get(message.view)?.handler.onShape(message);
    }
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
