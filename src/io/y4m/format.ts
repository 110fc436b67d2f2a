import { SourceError } from "../errors.ts";
import type { FrameFormat } from "../input/frame-format.ts";
import { recognise } from "../input/known-formats.ts";
import { NO_LAYOUT } from "../layout.ts";
import type { Attribute, FrameLayout } from "../types.ts";
import { attributesOf } from "./attributes.ts";
import { MAGIC, parseY4mHeader, type Y4mHeader } from "./header.ts";

/** The longest accepted line; its contents become metadata. FFmpeg's reader stops at 80 to 100 bytes. */
const MAX_LINE_BYTES = 16_384;

const NEWLINE = 0x0a;
const FRAME = new TextEncoder().encode("FRAME");
const START = new TextEncoder().encode(MAGIC);

/** One character per byte: TextDecoder's "latin1" is a different encoding and not reversible. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** yuv4mpeg2: one stream header line, then each frame after a line that begins with FRAME. */
export class Y4mFormat implements FrameFormat {
  readonly isLeadPayload = false;
  readonly swapBytes = 1;
  #header: Y4mHeader | null = null;
  #attributes: readonly Attribute[] = [];
  #isHeaderDue = true;
  /** Start of the lead's current line: the stream header and the first FRAME are one lead. */
  #lineStart = 0;
  /** The current line was searched for its end up to here. */
  #searched = 0;
  #name = "";
  #offset = 0;
  #hasReportedParameters = false;
  readonly #onParameters: (notice: string) => void;

  /** @param onParameters called once if parameters of single frames are not forwarded */
  constructor(onParameters: (notice: string) => void = () => {}) {
    this.#onParameters = onParameters;
  }

  get layout(): FrameLayout {
    return this.#header?.layout ?? NO_LAYOUT;
  }

  get header(): Y4mHeader | null {
    return this.#header;
  }

  get attributes(): readonly Attribute[] {
    return this.#attributes;
  }

  beginInput(name: string): void {
    this.#name = name;
    this.#isHeaderDue = true;
    this.#startLine(0);
  }

  leadWanted(lead: Uint8Array, length: number, offset: number): number {
    this.#offset = offset;
    if (length === 0) this.#startLine(0);
    for (;;) {
      const start = this.#lineStart;
      // `cat a.y4m b.y4m` puts a stream header in the place of a frame.
      if (!this.#isHeaderDue && start === 0 && length > 0 && lead[0] === START[0]) this.#isHeaderDue = true;
      const shortest = this.#isHeaderDue ? START : FRAME;
      this.#checkStart(lead, start, Math.min(length, start + shortest.length), shortest);
      // A bare "FRAME\n" is read at once; anything longer byte by byte, so that no values are read with it.
      const wanted = start + shortest.length + 1;
      if (length < wanted) return wanted;
      const end = this.#findNewline(lead, length);
      if (end < 0) {
        if (length - start >= MAX_LINE_BYTES)
          throw this.#malformed(`a line of at most ${MAX_LINE_BYTES} bytes`, "a longer one");
        return length + 1;
      }
      if (!this.#isHeaderDue) {
        if (end > start + FRAME.length) this.#reportParameters(textOf(lead.subarray(start + FRAME.length, end)));
        return length;
      }
      this.#takeHeader(textOf(lead.subarray(start, end)));
      this.#startLine(end + 1);
    }
  }

  endInput(_lead: Uint8Array, length: number): void {
    if (this.#isHeaderDue) {
      if (length === 0) return;
      const found = `end of input after ${length} bytes`;
      throw new SourceError("truncated", `${this.#name}: expected ${MAGIC} header, found ${found}`, {
        expected: `${MAGIC} header`,
        found,
      });
    }
    if (length === this.#lineStart) return;
    throw new SourceError("truncated", `${this.#name}: expected a FRAME line, found end of input within it`, {
      expected: "FRAME line",
      found: `${length - this.#lineStart} bytes`,
    });
  }

  #startLine(at: number): void {
    this.#lineStart = at;
    this.#searched = at;
  }

  #findNewline(lead: Uint8Array, length: number): number {
    for (let i = this.#searched; i < length; i++) if (lead[i] === NEWLINE) return i;
    this.#searched = length;
    return -1;
  }

  #checkStart(lead: Uint8Array, from: number, to: number, expected: Uint8Array): void {
    for (let i = from; i < to; i++) {
      if (lead[i] === expected[i - from]) continue;
      const other = this.#isHeaderDue && from === 0 ? recognise(lead, to, this.#name, "y4m") : null;
      const found = other === null ? JSON.stringify(textOf(lead.subarray(from, to))) : `${other.name}; ${other.wayOut}`;
      throw this.#malformed(`"${textOf(expected)}" at byte ${this.#offset + from}`, found);
    }
  }

  /** A frame's parameters have no place in metadata, which belongs to the stream: their loss is reported once. */
  #reportParameters(parameters: string): void {
    if (this.#hasReportedParameters || parameters.trim() === "") return;
    this.#hasReportedParameters = true;
    this.#onParameters(
      `${this.#name}: parameters of single frames (FRAME${parameters.slice(0, 40)}) are not passed on: readers get the ` +
        "frames without them",
    );
  }

  #takeHeader(text: string): void {
    const header = parseY4mHeader(text, this.#name);
    this.#isHeaderDue = false;
    const known = this.#header;
    if (known?.text === text) return;
    // A new stream on the same input: the frames' layout and the announced attributes must stay the same.
    if (known !== null) {
      throw new SourceError(
        "changed",
        `${this.#name}: expected the stream header to stay "${known.text}", found "${text}"`,
        {
          expected: known.text,
          found: text,
        },
      );
    }
    this.#header = header;
    this.#attributes = attributesOf(header);
  }

  #malformed(expected: string, found: string): SourceError {
    return new SourceError("malformed", `${this.#name}: yuv4mpeg2: expected ${expected}, found ${found}`, {
      expected,
      found,
    });
  }
}
