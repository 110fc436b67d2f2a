import { RateLimit } from "../core/rate-limit.ts";
import { NO_SEQ } from "./frame-eye.ts";
import type { ClientMessage, ShapeMessage, WatchMessage } from "./messages.ts";
import type { SharedPicture } from "./shared-picture.ts";

/** Messages that a page may send at once, and the time in which it may send one more: far more than a page of ours does. */
const MESSAGE_BURST = 10_000;
const MESSAGE_PERIOD_NS = 200_000;

/** The connection of one page, as the server sees it. */
export interface PageSocket {
  /** Bytes that were sent and have not left yet. */
  buffered(): number;
  sendText(text: string): void;
  /** The bytes may change after the call. */
  sendBytes(bytes: Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
}

/** One view of one page: at most one picture is under way, and the newest one waits in shared memory. */
export interface PageView {
  readonly id: number;
  readonly request: WatchMessage;
  readonly picture: SharedPicture;
  /** True while the page has drawn what it got. */
  hasCredit: boolean;
  sentSeq: number;
  sentEpoch: bigint | null;
  shapeVersion: number;
  /** Bytes of the picture that is under way. */
  underWay: number;
}

/** What the hub knows of one page. */
export class PageLink {
  readonly socket: PageSocket;
  /** Where it came from. */
  readonly client: string;
  readonly views = new Map<number, PageView>();
  /** True once it may see: at once on the loopback, else by the token. */
  isAdmitted = false;
  /** The newest event that it was sent. */
  lastEventId = 0;
  shown = 0;
  skipped = 0;
  /** Messages that were none. */
  refused = 0;
  readonly #messages = new RateLimit(MESSAGE_PERIOD_NS, MESSAGE_BURST);

  constructor(socket: PageSocket, client: string) {
    this.socket = socket;
    this.client = client;
  }

  /** Bytes under way to this page: pictures that it has not drawn, and whatever its socket has not taken, drawn or not. */
  get bytesUnderWay(): number {
    let sum = 0;
    for (const { underWay } of this.views.values()) sum += underWay;
    return Math.max(sum, this.socket.buffered());
  }

  /** True for one more message; false for a page that floods. */
  mayAsk(nowNs: number): boolean {
    return this.#messages.tryPass(nowNs);
  }

  /** Shows a picture in a view of the page. */
  watch(request: WatchMessage, picture: SharedPicture): void {
    const { view: id } = request;
    const fresh = { hasCredit: true, sentSeq: NO_SEQ, sentEpoch: null, shapeVersion: -1, underWay: 0 };
    this.views.set(id, { id, request, picture, ...fresh });
  }

  /** The page says that it has drawn what it got. */
  onDrawn({ view }: Extract<ClientMessage, { type: "drawn" }>): void {
    const seen = this.views.get(view);
    if (seen === undefined) return;
    seen.hasCredit = true;
    seen.underWay = 0;
  }

  /** Sends the picture of a view, if it is another one than the page has. True when it was sent. */
  show(view: PageView): boolean {
    const { picture } = view;
    if (!view.hasCredit || picture.seq === NO_SEQ) return false;
    if (picture.seq === view.sentSeq && picture.epoch === view.sentEpoch) return false;
    if (view.shapeVersion !== picture.shapeVersion) this.#sendShape(view);
    const isNext = view.sentSeq !== NO_SEQ && view.sentEpoch === picture.epoch && picture.seq > view.sentSeq;
    const skipped = isNext ? picture.seq - view.sentSeq - 1 : 0;
    picture.address(view.id, skipped);
    view.hasCredit = false;
    view.sentSeq = picture.seq;
    view.sentEpoch = picture.epoch;
    view.underWay = picture.message.length;
    this.shown++;
    this.skipped += skipped;
    // The view that was served last comes last.
    this.views.delete(view.id);
    this.views.set(view.id, view);
    this.socket.sendBytes(picture.message);
    return true;
  }

  #sendShape(view: PageView): void {
    const { picture } = view;
    const { shape, plane, epoch } = picture;
    if (shape === null || plane === null) return;
    view.shapeVersion = picture.shapeVersion;
    const message: ShapeMessage = {
      type: "shape",
      view: view.id,
      stream: view.request.stream,
      epoch: String(picture.eye.epoch ?? epoch ?? 0n),
      dtype: shape.dtype,
      dims: shape.dims,
      majorOrder: shape.majorOrder,
      plane,
    };
    this.socket.sendText(JSON.stringify(message));
  }
}
