import { ByteBuilder } from "../recording/byte-builder.ts";
import { Opcode } from "../recording/layout.ts";
import { putIndexEntry, putMessageIndexHead } from "../recording/records.ts";
import type { Block } from "./block.ts";
import type { Channel } from "./channel.ts";
import { chunkHeadBytes, putChunkHead } from "./chunk-head.ts";

const MAX_ENTRIES = 16_384;
/** Initial capacity in messages: a large frame is a separate chunk. */
const FIRST_ENTRIES = 16;

/** A chunk that messages are copied into until it is large or old enough. A message is written first, and counts once it proves intact. */
export class GatheredChunk {
  view: DataView;
  buffer: Uint8Array;
  /** When the first message arrived; 0 if there is none. */
  sinceNs = 0;
  /** When the last message arrived. */
  lastNs = 0;
  readonly #headBytes: number;
  #channels: Channel[] = [];
  #frames: number[] = [];
  #bytes: number[] = [];
  #messages: number[] = [];
  #entryChannel = new Uint16Array(FIRST_ENTRIES);
  #entryTimes = new Uint32Array(FIRST_ENTRIES * 2);
  #entryOffsets = new Float64Array(FIRST_ENTRIES);
  #entries = 0;
  #length: number;
  #startHigh = 0;
  #startLow = 0;
  #endHigh = 0;
  #endLow = 0;
  /** True while it holds only the recorder's own account. */
  #isAccount = true;
  /** True once a block owns its lists. */
  #isSealed = false;

  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#headBytes = chunkHeadBytes("");
    this.#length = this.#headBytes;
  }

  /** Resets to an empty chunk in another buffer. The result of `seal` is not affected; without `seal` the lists are reused. */
  begin(buffer: Uint8Array): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    if (this.#isSealed) {
      this.#channels = [];
      this.#frames = [];
      this.#bytes = [];
      this.#messages = [];
      this.#isSealed = false;
    } else {
      this.#channels.length = 0;
      this.#frames.length = 0;
      this.#bytes.length = 0;
      this.#messages.length = 0;
    }
    this.#entries = 0;
    this.#length = this.#headBytes;
    this.#isAccount = true;
  }

  /** No trigger came: its frames are not written, and do not count as missing. */
  pass(): void {
    for (let i = 0; i < this.#channels.length; i++) {
      (this.#channels[i] as Channel).owner?.onPassed(this.#frames[i] as number);
    }
  }

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** Bytes of its records. */
  get recordBytes(): number {
    return this.#length - this.#headBytes;
  }

  hasRoom(byteLength: number): boolean {
    return this.#length + byteLength <= this.buffer.length && this.#entries < MAX_ENTRIES;
  }

  /** Offset of the next message; its bytes are not kept before `add`. */
  get at(): number {
    return this.#length;
  }

  /** Adds the message of `byteLength` bytes that was written at `at`. */
  add(
    channel: Channel,
    byteLength: number,
    frameBytes: number,
    timeHigh: number,
    timeLow: number,
    nowNs: number,
  ): void {
    let index = this.#channels.indexOf(channel);
    if (index === -1) {
      index = this.#channels.length;
      this.#channels.push(channel);
      this.#frames.push(0);
      this.#bytes.push(0);
      this.#messages.push(0);
    }
    const entry = this.#entries;
    if (entry === this.#entryChannel.length) this.#growEntries();
    this.lastNs = nowNs;
    if (entry === 0) {
      this.#startHigh = timeHigh;
      this.#startLow = timeLow;
      this.sinceNs = nowNs;
    }
    this.#endHigh = timeHigh;
    this.#endLow = timeLow;
    this.#entryChannel[entry] = index;
    this.#entryTimes[entry * 2] = timeHigh;
    this.#entryTimes[entry * 2 + 1] = timeLow;
    this.#entryOffsets[entry] = this.#length - this.#headBytes;
    this.#entries = entry + 1;
    this.#length += byteLength;
    this.#messages[index]!++;
    if (channel.owner === null) return;
    this.#isAccount = false;
    this.#frames[index]!++;
    this.#bytes[index]! += frameBytes;
  }

  /** Its content as a block that is written from its buffer. */
  seal(release: () => void): Block {
    this.#isSealed = true;
    const size = this.recordBytes;
    const times = {
      startHigh: this.#startHigh,
      startLow: this.#startLow,
      endHigh: this.#endHigh,
      endLow: this.#endLow,
    };
    putChunkHead(this.view, 0, Opcode.CHUNK, times, "", size, size);
    const { index, offsets } = this.#index();
    return {
      channels: this.#channels,
      pieces: [this.buffer.subarray(0, this.#length), index.bytes],
      byteLength: this.#length + index.length,
      frame: null,
      chunk: {
        ...times,
        byteLength: this.#length,
        compression: "",
        compressedSize: size,
        uncompressedSize: size,
        indexOffsets: offsets.map((offset) => offset + this.#length),
        messages: this.#messages,
      },
      frames: this.#frames,
      bytes: this.#bytes,
      isAccount: this.#isAccount,
      isReady: true,
      release,
    };
  }

  #growEntries(): void {
    const entries = Math.min(MAX_ENTRIES, this.#entryChannel.length * 4);
    const [channels, times, offsets] = [this.#entryChannel, this.#entryTimes, this.#entryOffsets];
    this.#entryChannel = new Uint16Array(entries);
    this.#entryTimes = new Uint32Array(entries * 2);
    this.#entryOffsets = new Float64Array(entries);
    this.#entryChannel.set(channels);
    this.#entryTimes.set(times);
    this.#entryOffsets.set(offsets);
  }

  /** The MessageIndex records, and the offset of each. */
  #index(): { index: ByteBuilder; offsets: number[] } {
    const index = new ByteBuilder(this.#channels.length * 15 + this.#entries * 16);
    const offsets: number[] = [];
    for (let channel = 0; channel < this.#channels.length; channel++) {
      offsets.push(index.length);
      putMessageIndexHead(index, (this.#channels[channel] as Channel).record.id, this.#messages[channel] as number);
      for (let entry = 0; entry < this.#entries; entry++) {
        if (this.#entryChannel[entry] !== channel) continue;
        const high = this.#entryTimes[entry * 2] as number;
        const low = this.#entryTimes[entry * 2 + 1] as number;
        putIndexEntry(index, high, low, this.#entryOffsets[entry] as number);
      }
    }
    return { index, offsets };
  }
}
