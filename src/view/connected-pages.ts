import { getLogger } from "../core/logger.ts";
import { parseClientMessage } from "./client-message.ts";
import type { ClientMessage } from "./messages.ts";
import type { Admission } from "./page-hub.ts";
import { PageLink, type PageSocket } from "./page-link.ts";
import type { Pictures } from "./pictures.ts";

const log = getLogger("view");
export const MAX_PAGES = 32;
/** Invalid messages after which a page is disconnected, because it is not ours. */
const MAX_REFUSED = 16;

/** A request of an admitted page. */
export type PageRequest = Exclude<ClientMessage, { type: "hello" }>;

export interface ConnectedPagesOptions {
  readonly pictures: Pictures;
  readonly nanoTime: () => number;
  /** The page's hello was accepted or refused, and it must be welcomed. */
  readonly onHello: (link: PageLink, admission: Admission) => void;
  /** The page has left or was disconnected; its pictures are released. Called once per page. */
  readonly onGone: (link: PageLink) => void;
}

/** The pages of a hub: a limited number, admitted by their hello, and disconnected if they flood or send invalid messages. */
export class ConnectedPages {
  readonly links = new Set<PageLink>();
  readonly #options: ConnectedPagesOptions;

  constructor(options: ConnectedPagesOptions) {
    this.#options = options;
  }

  /** A page has connected; null if there are too many. */
  open(socket: PageSocket, client: string): PageLink | null {
    if (this.links.size >= MAX_PAGES) this.#makeRoom();
    if (this.links.size >= MAX_PAGES) {
      socket.close(1013, `${MAX_PAGES} pages are open already`);
      return null;
    }
    const link = new PageLink(socket, client);
    this.links.add(link);
    return link;
  }

  /** A page has left. Idempotent. */
  close(link: PageLink): void {
    if (!this.links.delete(link)) return;
    for (const { picture } of link.views.values()) this.#options.pictures.release(picture);
    link.views.clear();
    this.#options.onGone(link);
  }

  /** A page's request; null if it is invalid or not allowed. `admit` checks the page's token. */
  requestOf(link: PageLink, text: string, admit: (token: string | null) => Admission): PageRequest | null {
    if (!this.links.has(link)) return null;
    if (!link.mayAsk(this.#options.nanoTime())) {
      this.#disconnect(link, "it sent too many messages");
      return null;
    }
    const message = parseClientMessage(text);
    if (message === null) this.refuse(link, "it sent something that is no message");
    else if (message.type === "hello" && link.socket.buffered() > 0) this.refuse(link, "it does not take the answers");
    else if (message.type === "hello") this.#admit(link, admit(message.token));
    else if (!link.isAdmitted) this.refuse(link, "it asked before it said hello");
    else return message;
    return null;
  }

  /** Counts an invalid message; a page with too many is disconnected. */
  refuse(link: PageLink, why: string): void {
    if (++link.refused >= MAX_REFUSED) this.#disconnect(link, `${why}, ${MAX_REFUSED} times`);
  }

  /** Stops a view of a page, if it exists. */
  unwatch(link: PageLink, id: number): void {
    const view = link.views.get(id);
    if (view === undefined) return;
    link.views.delete(id);
    this.#options.pictures.release(view.picture);
  }

  /** Disconnects every page because the server stops. */
  end(): void {
    for (const link of [...this.links]) {
      link.socket.close(1001, "the server ends");
      this.close(link);
    }
  }

  #admit(link: PageLink, admission: Admission): void {
    link.isAdmitted = admission.maySee;
    this.#options.onHello(link, admission);
    if (!admission.maySee) this.refuse(link, "it gave no token, or another one");
  }

  /** A page that was not admitted does not block others. */
  #makeRoom(): void {
    const link = [...this.links].find(({ isAdmitted }) => !isAdmitted);
    if (link === undefined) return;
    link.socket.close(1013, "other pages wait for a place");
    this.close(link);
  }

  #disconnect(link: PageLink, why: string): void {
    log.warn(`a page at ${link.client} was disconnected: ${why}`);
    link.socket.close(1008, why);
    this.close(link);
  }
}
