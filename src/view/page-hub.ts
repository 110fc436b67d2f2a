import type { Admission } from "./hub.ts";
import type { PageLink, PageSocket } from "./page-link.ts";

/** What pages are connected to: it shows live frames, or a recording. */
export interface PageHub {
  /** A page has connected; null when there are too many. */
  open(socket: PageSocket, client: string): PageLink | null;
  /** A page has gone. */
  close(link: PageLink): void;
  /** What a page sends. `admit` judges the token that it gives. */
  onMessage(link: PageLink, text: string, admit: (token: string | null) => Admission): void;
}
