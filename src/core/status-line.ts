import { isatty } from "node:tty";

const CLEAR_LINE = "\r\x1b[K";
const terminals = new Map<number, boolean>();
let isShown = false;

/** A line that does not end stands on the terminal now: see `clearedStatusLine`. */
export function statusLineShown(): void {
  isShown = true;
}

/**
 * What has to be written before anything else on this descriptor, so that it does not stand behind a status line: nothing, unless one is
 * shown and the descriptor is a terminal. The owner of the line draws it again.
 */
export function clearedStatusLine(fd: number): string {
  if (!isShown || !isTerminal(fd)) return "";
  isShown = false;
  return CLEAR_LINE;
}

function isTerminal(fd: number): boolean {
  let known = terminals.get(fd);
  if (known === undefined) {
    known = isatty(fd);
    terminals.set(fd, known);
  }
  return known;
}
