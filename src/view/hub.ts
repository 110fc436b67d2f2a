import type { Inbound, Messaging } from "../aeron/ports.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { toJson } from "../core/text.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { KnownStreams } from "../observe/known-streams.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { subscribeControl } from "../roles/hearing.ts";
import type { AllowedBaseDirs } from "../shm/index.ts";
import {
  type ConsumerView,
  consumerViews,
  eventViews,
  type StreamView,
  streamViews,
} from "../supervision/model/index.ts";
import type { Supervisor } from "../supervision/supervisor.ts";
import { ConnectedPages } from "./connected-pages.ts";
import { DelayMeans } from "./delay-means.ts";
import { Eyes } from "./eyes.ts";
import { History } from "./history.ts";
import type { WatchMessage } from "./messages.ts";
import type { Admission, PageHub } from "./page-hub.ts";
import type { PageLink, PageSocket } from "./page-link.ts";
import { Pictures } from "./pictures.ts";
import { Silence } from "./silence.ts";

const FRAGMENTS_PER_POLL = 64;
const STATE_PERIOD_NS = 1e9;
const SYNC_PERIOD_NS = 100e6;
/** Shortest time between two states caused by events. */
const NEWS_PERIOD_NS = 250e6;
/** Limit for bytes in transit to one page, and to all pages; and the share that each page always has: one usual picture. */
export const MAX_BYTES_PER_PAGE = 64 * 1024 * 1024;
export const MAX_SHARED_BYTES = 128 * 1024 * 1024;
export const OWN_BYTES = 8 * 1024 * 1024;
/** Pictures are converted for about this long per cycle, so that the other agents get their turn. */
const MAX_CYCLE_NS = 20e6;
const EVENTS_AT_FIRST = 500;
const EVENTS_LATER = 200;

export interface HubOptions {
  readonly connection: Messaging;
  readonly clock: Clock;
  readonly streams: AeronStreams;
  readonly baseDirs: AllowedBaseDirs;
  readonly supervisor: Supervisor;
  readonly aeronDir: string;
  readonly version: string;
}

/**
 * Shows a supervisor's state and the newest frames to open pages. Flow control is by credit: a page gets its next picture after it has
 * drawn the previous one, so that nothing queues for a slow page. All limits apply per page and in total.
 */
export class ViewHub implements Agent, PageHub {
  readonly roleName = "view";
  readonly eyes: Eyes;
  readonly #options: HubOptions;
  readonly #known: KnownStreams;
  readonly #subscriptions: readonly Inbound[];
  readonly #pictures: Pictures;
  readonly #connected: ConnectedPages;
  readonly #history = new History();
  readonly #delays = new DelayMeans();
  readonly #silence: Silence;
  /** True if the set of silent roles differs from what pages show. */
  #hasOtherSilence = false;
  readonly #state = new PeriodicTimer(STATE_PERIOD_NS);
  readonly #sync = new PeriodicTimer(SYNC_PERIOD_NS);
  /** The newest event, and the time, of the last state sent to pages. */
  #toldEventId = 0;
  #toldNs = Number.NEGATIVE_INFINITY;
  /** The page that is served first. */
  #firstPage = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    const { connection, streams, baseDirs, clock } = options;
    this.#known = new KnownStreams(baseDirs);
    this.#silence = new Silence(options.supervisor.model);
    this.#subscriptions = subscribeControl(connection, streams, ["announce"], (view, length) => {
      this.#known.onMessage(view, length);
    });
    this.eyes = new Eyes(baseDirs, () => clock.nanoTime());
    this.#pictures = new Pictures(this.eyes);
    this.#connected = new ConnectedPages({
      pictures: this.#pictures,
      nanoTime: () => clock.nanoTime(),
      onHello: (link, admission) => this.#welcome(link, admission),
      onGone: () => {
        this.eyes.watchers--;
      },
    });
  }

  get pages(): ReadonlySet<PageLink> {
    return this.#connected.links;
  }

  open(socket: PageSocket, client: string): PageLink | null {
    const link = this.#connected.open(socket, client);
    if (link !== null) this.eyes.watchers++;
    return link;
  }

  close(link: PageLink): void {
    this.#connected.close(link);
  }

  /** Bytes of kept pictures. */
  get keptBytes(): number {
    return this.#pictures.keptBytes;
  }

  onMessage(link: PageLink, text: string, admit: (token: string | null) => Admission): void {
    const request = this.#connected.requestOf(link, text, admit);
    if (request === null) return;
    if (request.type === "watch") this.#watch(link, request);
    else if (request.type === "unwatch") this.#connected.unwatch(link, request.view);
    else if (request.type === "drawn") link.onDrawn(request);
    else this.#connected.refuse(link, "it asked for a place in a recording, and frames are live");
  }

  doWork(nowNs: number): number {
    let work = 0;
    for (const subscription of this.#subscriptions) work += subscription.poll(FRAGMENTS_PER_POLL);
    if (this.#sync.isDue(nowNs)) {
      this.eyes.sync(this.#options.supervisor.model, this.#known, nowNs);
      if (this.#silence.look(nowNs)) this.#hasOtherSilence = true;
    }
    this.#sendState(nowNs);
    if (this.pages.size > 0) this.eyes.time(nowNs, (streamId, delayNs) => this.#delays.add(streamId, delayNs));
    return work + this.#sendPictures(nowNs);
  }

  onClose(): void {
    this.#connected.end();
    this.eyes.close();
    for (const subscription of this.#subscriptions) this.#options.connection.remove(subscription);
  }

  /** Sends pictures to the pages that wait for one. If this takes too long, it continues in the next cycle with the next page. */
  #sendPictures(nowNs: number): number {
    const links = [...this.pages];
    let left = MAX_SHARED_BYTES;
    for (const link of links) left -= link.bytesUnderWay;
    let work = 0;
    for (let i = 0; i < links.length; i++) {
      const link = links[(this.#firstPage + i) % links.length] as PageLink;
      const underWay = link.bytesUnderWay;
      let leftOfPage = Math.min(MAX_BYTES_PER_PAGE - underWay, Math.max(left, OWN_BYTES - underWay));
      for (const view of link.views.values()) {
        if (!view.hasCredit) continue;
        this.#pictures.refresh(view.picture, nowNs);
        if (view.picture.message.length <= leftOfPage && link.show(view)) {
          leftOfPage -= view.underWay;
          left -= view.underWay;
          work++;
        }
        if (this.#options.clock.nanoTime() - nowNs < MAX_CYCLE_NS) continue;
        this.#firstPage = (this.#firstPage + i + 1) % links.length;
        return work;
      }
    }
    return work;
  }

  #welcome(link: PageLink, { maySee, maySteer, reason }: Admission): void {
    const { version, supervisor } = this.#options;
    link.socket.sendText(
      toJson({ type: "welcome", maySee, maySteer, reason, version, history: maySee ? this.#history.toJson() : {} }),
    );
    if (!maySee) return;
    link.lastEventId = Math.max(0, supervisor.model.events.lastId - EVENTS_AT_FIRST);
    const nowNs = this.#options.clock.nanoTime();
    this.eyes.sync(supervisor.model, this.#known, nowNs);
    this.eyes.look();
    link.socket.sendText(this.#stateFor(link, this.#overview(nowNs), nowNs));
  }

  #watch(link: PageLink, request: WatchMessage): void {
    this.#connected.unwatch(link, request.view);
    link.watch(request, this.#pictures.take(request));
  }

  /** Sent once a second, and immediately after events. */
  #sendState(nowNs: number): void {
    const { lastId } = this.#options.supervisor.model.events;
    const isDue = this.#state.isDue(nowNs);
    if (isDue) this.#history.add(Date.now(), this.#streamViews(nowNs), this.#delays.take());
    const isOther = lastId !== this.#toldEventId || this.#hasOtherSilence;
    const hasNews = isOther && nowNs - this.#toldNs >= NEWS_PERIOD_NS;
    if (this.pages.size === 0 || !(isDue || hasNews)) return;
    this.#toldEventId = lastId;
    this.#hasOtherSilence = false;
    this.#toldNs = nowNs;
    this.eyes.look();
    const overview = this.#overview(nowNs);
    for (const link of this.pages) {
      // A state that a slow page does not accept now would be outdated when it does.
      if (link.isAdmitted && link.socket.buffered() === 0) link.socket.sendText(this.#stateFor(link, overview, nowNs));
    }
  }

  /** A producer counts the bytes of its published frames; for streams without a consumer they are estimated from the newest frame. */
  #streamViews(nowNs: number): StreamView[] {
    return streamViews(this.#options.supervisor.model, nowNs).map((stream) => {
      const { streamId, consumers, framesPerSecond, bytesPerSecond } = stream;
      if (this.#silence.isProducerSilent(streamId)) {
        return { ...stream, state: "lost", framesPerSecond: 0, bytesPerSecond: bytesPerSecond === null ? null : 0 };
      }
      const frameBytes = this.eyes.get(streamId)?.frameBytes ?? null;
      if (consumers > 0 || frameBytes === null || framesPerSecond === null) return stream;
      return { ...stream, bytesPerSecond: framesPerSecond * frameBytes };
    });
  }

  #consumerViews(nowNs: number): ConsumerView[] {
    return consumerViews(this.#options.supervisor.model, nowNs).map((consumer) =>
      this.#silence.isConsumerSilent(consumer.streamId, consumer.consumerId)
        ? { ...consumer, state: "lost" }
        : consumer,
    );
  }

  /** JSON that is identical for every page, without its last brace. */
  #overview(nowNs: number): string {
    const { supervisor, aeronDir } = this.#options;
    const streams = this.#streamViews(nowNs).map((stream) => {
      const eye = this.eyes.get(stream.streamId);
      return {
        ...stream,
        summary: supervisor.model.streams.get(stream.streamId)?.summary ?? "",
        dtype: eye?.shape?.dtype ?? null,
        dims: eye?.shape?.dims ?? null,
        majorOrder: eye?.shape?.majorOrder ?? null,
        trouble: eye?.trouble ?? null,
        sample: this.#history.newestOf(stream.streamId),
      };
    });
    const consumers = this.#consumerViews(nowNs);
    const isReady = supervisor.isReady;
    const pages = this.pages.size;
    return toJson({ type: "state", timeMs: Date.now(), isReady, aeronDir, pages, streams, consumers }).slice(0, -1);
  }

  #stateFor(link: PageLink, overview: string, nowNs: number): string {
    const { events } = this.#options.supervisor.model;
    const limit = link.lastEventId === 0 ? EVENTS_AT_FIRST : EVENTS_LATER;
    const news = eventViews(events.after(link.lastEventId, limit), nowNs, Date.now());
    link.lastEventId = events.lastId;
    return `${overview},"events":${toJson(news)}}`;
  }
}
