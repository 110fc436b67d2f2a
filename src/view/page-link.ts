import { RateLimit } from "../core/rate-limit.ts";
import { NO_SEQ } from "./frame-eye.ts";
import type { ClientMessage, ShapeMessage, WatchMessage } from "./messages.ts";
import type { SharedPicture } from "./shared-picture.ts";

/** Messages that a page may send in a burst, and the period for each further one: far more than our pages send. */
const MESSAGE_BURST = 10_000;
const MESSAGE_PERIOD_NS = 200_000;

/** The connection of one page, as the server sees it. */
export interface PageSocket {
  /** Bytes that were sent and are still buffered. */
  buffered(): number;
  sendText(text: string): void;
  /** The caller may change the bytes after the call. */
  sendBytes(bytes: Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
}

/** One view of one page: at most one picture is in transit, and the newest one waits in shared memory. */
export interface PageView {
  readonly id: number;
  readonly request: WatchMessage;
  readonly picture: SharedPicture;
  /** True if the page has drawn the last picture it received. */
  hasCredit: boolean;
  sentSeq: number;
  sentEpoch: bigint | null;
  shapeVersion: number;
  /** Size of the picture in transit. */
  underWay: number;
}

/** The hub's state of one page. */
export class PageLink {
  readonly socket: PageSocket;
  /** The page's address. */
  readonly client: string;
  readonly views = new Map<number, PageView>();
  /** True once it may see frames: immediately on the loopback, otherwise by the token. */
  isAdmitted = false;
  /** The newest event sent to it. */
  lastEventId = 0;
  shown = 0;
  skipped = 0;
  /** Number of invalid messages. */
  refused = 0;
  readonly #messages = new RateLimit(MESSAGE_PERIOD_NS, MESSAGE_BURST);

  constructor(socket: PageSocket, client: string) {
    this.socket = socket;
    this.client = client;
  }

  /** Bytes in transit to this page: undrawn pictures, and data that its socket has not sent yet. */
  get bytesUnderWay(): number {
    let sum = 0;
    for (const { underWay } of this.views.values()) sum += underWay;
    return Math.max(sum, this.socket.buffered());
  }

  /** True if another message is allowed; false for a page that floods. */
  mayAsk(nowNs: number): boolean {
    return this.#messages.tryPass(nowNs);
  }

  /** Shows a picture in a view of the page. */
  watch(request: WatchMessage, picture: SharedPicture): void {
    const { view: id } = request;
    const fresh = { hasCredit: true, sentSeq: NO_SEQ, sentEpoch: null, shapeVersion: -1, underWay: 0 };
    this.views.set(id, { id, request, picture, ...fresh });
  }

  /** The page reports that it has drawn the last picture. */
  onDrawn({ view }: Extract<ClientMessage, { type: "drawn" }>): void {
    const seen = this.views.get(view);
    if (seen === undefined) return;
    seen.hasCredit = true;
    seen.underWay = 0;
  }

  /** Sends a view's picture if it differs from the page's. True if it was sent. */
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
    // The view served last moves to the end.
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
