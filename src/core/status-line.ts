import { isatty } from "node:tty";

const CLEAR_LINE = "\r\x1b[K";
const terminals = new Map<number, boolean>();
let isShown = false;

/** The terminal currently shows an unterminated line: see `clearedStatusLine`. */
export function statusLineShown(): void {
  isShown = true;
}

/**
 * The text to write first on this descriptor, so that other output does not follow a status line: empty unless one is shown and the
 * descriptor is a terminal. The owner of the line redraws it.
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
