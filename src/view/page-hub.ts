import type { PageLink, PageSocket } from "./page-link.ts";

/** The permissions of a page, by its token or without one. */
export interface Admission {
  readonly maySee: boolean;
  /** It may change how consumers read. */
  readonly maySteer: boolean;
  /** Null unless something is refused. */
  readonly reason: string | null;
}

/** The hub that pages connect to: for live frames or for a recording. */
export interface PageHub {
  /** A page has connected; null if there are too many. */
  open(socket: PageSocket, client: string): PageLink | null;
  /** A page has left. */
  close(link: PageLink): void;
  /** Handles a page's message. `admit` checks the page's token. */
  onMessage(link: PageLink, text: string, admit: (token: string | null) => Admission): void;
}
