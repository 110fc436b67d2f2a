import type { Palette } from "../../core/colours.ts";
import type { StreamWriter } from "../../core/stream-writer.ts";
import { glyphsFor } from "./glyphs.ts";
import { liveLines } from "./live-lines.ts";
import type { DemoState, DemoView } from "./view.ts";

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
/** Terminals with synchronized updates show each picture in one step; the others ignore these sequences. */
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";
const CLEAR_REST_OF_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Source of the terminal's size, e.g. `process.stdout`. */
export interface TerminalSize {
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * A picture that is redrawn in place with one write each time; earlier output stays above it. While a slow terminal
 * is behind, pictures are skipped.
 */
export class LiveView implements DemoView {
  readonly #writer: Pick<StreamWriter, "write" | "queuedBytes">;
  readonly #palette: Palette;
  readonly #size: TerminalSize;
  readonly #glyphs = glyphsFor();
  /** Lengths of the drawn lines. */
  #drawn: number[] = [];
  #isCursorHidden = false;
  #isClosed = false;
  #last: DemoState | null = null;
  readonly #onSuspend = (): void => this.#suspend();
  readonly #onContinue = (): void => this.#continue();

  constructor(writer: Pick<StreamWriter, "write" | "queuedBytes">, palette: Palette, size: TerminalSize) {
    this.#writer = writer;
    this.#palette = palette;
    this.#size = size;
    process.on("SIGTSTP", this.#onSuspend);
    process.on("SIGCONT", this.#onContinue);
  }

  show(state: DemoState): void {
    if (this.#isClosed || (this.#writer.queuedBytes > 0 && state.phase !== "over")) return;
    this.#last = state;
    const { columns: width = 80, rows: height = 24 } = this.#size;
    const lines = liveLines(state, { palette: this.#palette, glyphs: this.#glyphs, width, height });
    const text = lines.map((line) => `${line}${CLEAR_REST_OF_LINE}\n`).join("");
    const hide = this.#isCursorHidden ? "" : HIDE_CURSOR;
    this.#isCursorHidden = true;
    this.#writer.write(`${BEGIN_UPDATE}${hide}${this.#cursorToTop(width, height)}${text}${CLEAR_BELOW}${END_UPDATE}`);
    this.#drawn = lines.map((line) => Bun.stringWidth(line));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    process.off("SIGTSTP", this.#onSuspend);
    process.off("SIGCONT", this.#onContinue);
    this.#showCursor();
  }

  /** A terminal that became narrower has wrapped the lines, which now take more rows than when they were drawn. */
  #cursorToTop(width: number, height: number): string {
    const rows = this.#drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / width)), 0);
    return rows === 0 ? "" : `\r\x1b[${Math.min(rows, height - 1)}A`;
  }

  #showCursor(): void {
    if (this.#isCursorHidden) this.#writer.write(SHOW_CURSOR);
    this.#isCursorHidden = false;
  }

  #suspend(): void {
    this.#showCursor();
    process.kill(process.pid, "SIGSTOP");
  }

  /** The shell has written below the picture in the meantime, so a new picture starts there. */
  #continue(): void {
    this.#drawn = [];
    if (this.#last !== null) this.show(this.#last);
  }
}
