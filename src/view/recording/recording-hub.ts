import { toJson } from "../../core/text.ts";
import type { RecordingSet, SetStream } from "../../recording/recording-set.ts";
import { ConnectedPages, type PageRequest } from "../connected-pages.ts";
import { MAX_BYTES_PER_PAGE } from "../hub.ts";
import type { PlayheadMessage, RecordingInfo, WatchMessage } from "../messages.ts";
import type { Admission, PageHub } from "../page-hub.ts";
import type { PageLink, PageSocket } from "../page-link.ts";
import { Pictures } from "../pictures.ts";
import { describeRecording } from "./describe.ts";
import { type FrameTimes, timesOf } from "./frame-times.ts";
import { RecordedEye } from "./recorded-eye.ts";

/** Limit for the bytes of pictures in transit to all pages. */
const MAX_BYTES_UNDER_WAY = 256 * 1024 * 1024;

/** One page's position in the recording. */
interface Viewer {
  timeNs: number;
  /** By the stream's id. */
  readonly eyes: Map<number, { readonly eye: RecordedEye; readonly id: number }>;
  /** The last note sent to the page about frames that cannot be shown. */
  note: string | null;
}

/**
 * Shows the frames of a recording to open pages, each at its own position. Flow control is by credit, as for live frames: a page gets the
 * frame at its position after it has drawn the previous one, so that a slow page shows fewer frames and nothing queues.
 */
export class RecordingHub implements PageHub {
  readonly info: RecordingInfo;
  readonly #set: RecordingSet;
  readonly #version: string;
  readonly #times: readonly FrameTimes[];
  readonly #viewers = new Map<PageLink, Viewer>();
  readonly #eyes = new Map<number, RecordedEye>();
  readonly #pictures: Pictures;
  readonly #connected: ConnectedPages;
  readonly #streams: ReadonlyMap<number, { readonly stream: SetStream; readonly times: FrameTimes }>;
  #nextEye = 1;

  /** Reads every frame once. @throws RecordingError */
  constructor(set: RecordingSet, version: string) {
    this.#set = set;
    this.#version = version;
    this.#times = timesOf(set);
    const keys = keysOf(set.streams);
    this.#streams = new Map(
      set.streams.map((stream, i) => [keys[i] as number, { stream, times: this.#times[i] as FrameTimes }]),
    );
    this.info = describeRecording(set, this.#times, keys);
    const eyeOf = (id: number): RecordedEye => this.#eyes.get(id) as RecordedEye;
    this.#pictures = new Pictures({ of: eyeOf }, 0);
    this.#connected = new ConnectedPages({
      pictures: this.#pictures,
      nanoTime: () => performance.now() * 1e6,
      onHello: (link, admission) => this.#welcome(link, admission),
      onGone: (link) => this.#forget(link),
    });
  }

  open(socket: PageSocket, client: string): PageLink | null {
    const link = this.#connected.open(socket, client);
    if (link !== null) this.#viewers.set(link, { timeNs: 0, eyes: new Map(), note: null });
    return link;
  }

  close(link: PageLink): void {
    this.#connected.close(link);
  }

  onMessage(link: PageLink, text: string, admit: (token: string | null) => Admission): void {
    const request = this.#connected.requestOf(link, text, admit);
    if (request !== null) this.#obey(link, this.#viewers.get(link) as Viewer, request);
  }

  /** Disconnects every page. */
  end(): void {
    this.#connected.end();
  }

  #obey(link: PageLink, viewer: Viewer, message: PageRequest): void {
    switch (message.type) {
      case "watch":
        this.#watch(link, viewer, message);
        break;
      case "unwatch":
        this.#connected.unwatch(link, message.view);
        return;
      case "drawn":
        link.onDrawn(message);
        break;
      case "seek":
        this.#seek(viewer, message.timeNs);
        break;
      case "step": {
        const eye = this.#eyeOf(viewer, message.stream)?.eye;
        if (eye !== undefined) this.#goTo(link, viewer, eye, eye.index + message.by);
        break;
      }
      case "find": {
        const eye = this.#eyeOf(viewer, message.stream)?.eye;
        const index = eye?.times.find(message.seq, eye.index) ?? -1;
        if (eye !== undefined && index >= 0) this.#goTo(link, viewer, eye, index);
        else tell(link, null, `frame #${message.seq} is not in the recording`);
      }
    }
    this.#serve(link, viewer);
  }

  #forget(link: PageLink): void {
    for (const { id } of this.#viewers.get(link)?.eyes.values() ?? []) this.#eyes.delete(id);
    this.#viewers.delete(link);
  }

  #seek(viewer: Viewer, timeNs: number): void {
    viewer.timeNs = Math.min(timeNs, this.info.lengthNs);
    for (const { eye } of viewer.eyes.values()) eye.index = eye.times.at(viewer.timeNs);
  }

  /** Seeks to the time of a frame and shows that very frame, even if another has the same time. */
  #goTo(link: PageLink, viewer: Viewer, eye: RecordedEye, index: number): void {
    if (eye.times.length === 0) return;
    const nearest = Math.min(Math.max(0, index), eye.times.length - 1);
    this.#seek(viewer, eye.times.timeNs[nearest] as number);
    eye.index = nearest;
    tell(link, viewer.timeNs, null);
  }

  #eyeOf(viewer: Viewer, key: number): { readonly eye: RecordedEye; readonly id: number } | null {
    const known = viewer.eyes.get(key);
    if (known !== undefined) return known;
    const found = this.#streams.get(key);
    if (found === undefined) return null;
    const entry = { eye: new RecordedEye(this.#set, found.stream, found.times), id: this.#nextEye++ };
    entry.eye.index = found.times.at(viewer.timeNs);
    viewer.eyes.set(key, entry);
    this.#eyes.set(entry.id, entry.eye);
    return entry;
  }

  #watch(link: PageLink, viewer: Viewer, request: WatchMessage): void {
    this.#connected.unwatch(link, request.view);
    const entry = this.#eyeOf(viewer, request.stream);
    // Pages are at different positions, so each has its own pictures.
    if (entry !== null) link.watch(request, this.#pictures.take({ ...request, stream: entry.id }));
  }

  /** Sends as much as the page has room for. */
  #serve(link: PageLink, viewer: Viewer): void {
    let left = MAX_BYTES_UNDER_WAY;
    for (const other of this.#viewers.keys()) left -= other.bytesUnderWay;
    for (const view of link.views.values()) {
      if (!view.hasCredit) continue;
      this.#pictures.refresh(view.picture, performance.now() * 1e6);
      const leftOfPage = Math.min(left, MAX_BYTES_PER_PAGE - link.bytesUnderWay);
      if (view.picture.message.length <= leftOfPage && link.show(view)) left -= view.underWay;
    }
    const note = [...viewer.eyes.values()].map(({ eye }) => eye.trouble).find((trouble) => trouble !== null) ?? null;
    if (note === viewer.note) return;
    viewer.note = note;
    tell(link, null, note);
  }

  #welcome(link: PageLink, { maySee, maySteer, reason }: Admission): void {
    const recording = maySee ? this.info : null;
    const version = this.#version;
    link.socket.sendText(toJson({ type: "welcome", maySee, maySteer, reason, version, history: {}, recording }));
  }
}

function tell(link: PageLink, timeNs: number | null, note: string | null): void {
  const message: PlayheadMessage = { type: "playhead", timeNs, note };
  link.socket.sendText(toJson(message));
}

/** The key of each stream: its id, or a free number. */
function keysOf(streams: readonly SetStream[]): readonly number[] {
  const taken = new Set(streams.map(({ streamId }) => streamId));
  let next = 1;
  return streams.map(({ streamId }) => {
    if (streamId !== null) return streamId;
    while (taken.has(next)) next++;
    return next++;
  });
}
