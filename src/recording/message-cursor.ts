import type { FileWindow } from "./byte-window.ts";
import { ChunkMessages, readChunk } from "./chunk-messages.ts";
import type { ChunkTable } from "./chunk-table.ts";

/** The read position in one chunk. */
interface OpenChunk {
  readonly messages: ChunkMessages;
  next: number;
}

/**
 * The messages of some channels in log time order. Chunks are opened when their time is reached, so that only chunks overlapping in time
 * are in memory: usually one.
 */
export class MessageCursor {
  /** The current message: its chunk's messages, and its index in them. */
  messages: ChunkMessages | null = null;
  at = 0;
  readonly #window: FileWindow;
  readonly #chunks: ChunkTable;
  readonly #channelIds: ReadonlySet<number>;
  /** Chunks with messages of these channels, by the time of their first message. */
  readonly #order: Uint32Array;
  /** The latest time of the chunks up to each position of `#order`. */
  readonly #latestNs: Float64Array;
  #nextChunk = 0;
  readonly #open: OpenChunk[] = [];
  readonly #spare: OpenChunk[] = [];
  #fromNs = Number.NEGATIVE_INFINITY;

  constructor(window: FileWindow, chunks: ChunkTable, channelIds: ReadonlySet<number>) {
    this.#window = window;
    this.#chunks = chunks;
    this.#channelIds = channelIds;
    const own: number[] = [];
    for (let i = 0; i < chunks.length; i++) {
      const ids = chunks.channelIds(i);
      if (ids.length === 0 || ids.some((id) => channelIds.has(id))) own.push(i);
    }
    own.sort((a, b) => chunks.startNs(a) - chunks.startNs(b) || a - b);
    this.#order = Uint32Array.from(own);
    this.#latestNs = new Float64Array(own.length);
    let latest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < own.length; i++) {
      latest = Math.max(latest, chunks.endNs(own[i] as number));
      this.#latestNs[i] = latest;
    }
  }

  /** Seeks to the first message from a time on, in nanoseconds from the base of the chunk table. */
  seek(timeNs: number): void {
    this.messages = null;
    for (const open of this.#open.splice(0)) this.#spare.push(open);
    this.#fromNs = timeNs;
    let [low, high] = [0, this.#latestNs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#latestNs[middle] as number) < timeNs) low = middle + 1;
      else high = middle;
    }
    this.#nextChunk = low;
  }

  /** Seeks to a message at or before a time, in the chunk of the last such message; false if there is none. */
  seekBefore(timeNs: number): boolean {
    let place = this.#order.length - 1;
    for (; place >= 0; place--) {
      const startNs = this.#chunks.startNs(this.#order[place] as number);
      if (startNs > timeNs) continue;
      // Up to this time a chunk may contain only other channels.
      this.seek(startNs);
      const isThere = this.next() && (this.messages?.timeNs[this.at] as number) <= timeNs;
      if (!isThere) continue;
      this.seek(startNs);
      return true;
    }
    return false;
  }

  /** Moves to the next message; false at the end. @throws RecordingError if a chunk cannot be read */
  next(): boolean {
    for (;;) {
      const open = this.#earliest();
      if (open === null) {
        this.messages = null;
        return false;
      }
      const i = open.next++;
      const { messages } = open;
      if (open.next === messages.length) this.#close(open);
      if ((messages.timeNs[i] as number) < this.#fromNs || !this.#channelIds.has(messages.channelId[i] as number))
        continue;
      this.messages = messages;
      this.at = i;
      return true;
    }
  }

  /** The open chunk with the earliest message, once every chunk that may have an earlier one is open. */
  #earliest(): OpenChunk | null {
    for (;;) {
      let earliest: OpenChunk | null = null;
      let timeNs = Number.POSITIVE_INFINITY;
      for (const open of this.#open) {
        const openNs = open.messages.timeNs[open.next] as number;
        if (openNs < timeNs) [earliest, timeNs] = [open, openNs];
      }
      const next = this.#order[this.#nextChunk];
      if (next === undefined || (earliest !== null && this.#chunks.startNs(next) > timeNs)) return earliest;
      this.#nextChunk++;
      const open = this.#spare.pop() ?? { messages: new ChunkMessages(), next: 0 };
      open.next = 0;
      // Counted as open first: an error then repeats at the next call instead of being skipped.
      readChunk(this.#window, this.#chunks, next, open.messages);
      if (open.messages.length > 0) this.#open.push(open);
      else this.#spare.push(open);
    }
  }

  #close(open: OpenChunk): void {
    this.#open.splice(this.#open.indexOf(open), 1);
    // Its messages stay valid until the next one is requested.
    if (this.#spare.length < 2) this.#spare.unshift(open);
  }
}
