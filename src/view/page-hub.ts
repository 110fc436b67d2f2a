import type { PageLink, PageSocket } from "./page-link.ts";

/** What the token of a page, or its absence, allows. */
export interface Admission {
  readonly maySee: boolean;
  /** It may change how consumers read. */
  readonly maySteer: boolean;
  /** Null unless something is refused. */
  readonly reason: string | null;
}

/** What pages are connected to: it shows live frames, or a recording. */
export interface PageHub {
  /** A page has connected; null when there are too many. */
  open(socket: PageSocket, client: string): PageLink | null;
  /** A page has gone. */
  close(link: PageLink): void;
  /** What a page sends. `admit` judges the token that it gives. */
  onMessage(link: PageLink, text: string, admit: (token: string | null) => Admission): void;
}
