import { libc } from "../../ffi/libc.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import { BEGIN_FLAG, END_FLAG, FRAGMENT_HEAD_BYTES } from "../aeron/fragment-subscription.ts";
import { FrameHeader, HEADER_WORD, HEADER_WORDS } from "../protocol/frame-header.ts";
import {
  BridgeEndDecoder,
  BridgeFrameDecoder,
  BridgePartDecoder,
  BridgeVerdict,
  BridgeWholeDecoder,
} from "../sbe/generated/bridge/index.ts";
import { MESSAGE_HEADER_BYTES, messageKeyAt } from "../sbe/index.ts";

/** Longest reassembled message of other kinds; longer ones are ignored. */
const MAX_CONTROL_BYTES = 1024 * 1024;
const INITIAL_CONTROL_BYTES = 1024;
const FRAME_HEAD_BYTES = MESSAGE_HEADER_BYTES + BridgeFrameDecoder.BLOCK_LENGTH;
const PART_HEAD_BYTES = MESSAGE_HEADER_BYTES + BridgePartDecoder.BLOCK_LENGTH;
/** Number of words in the slot before the fields. */
const FIRST_WORD = HEADER_WORD.frameIdLow;

/** Receives one frame at a time. */
export interface FrameTarget {
  /** A frame begins. False if it is refused: its values are then skipped, and `pass` may follow, but neither `commit` nor `abort`. */
  begin(header: FrameHeader): boolean;
  /** `length` bytes of the values at `address`, from `valuesOffset` on; they are within the length in the header. */
  write(valuesOffset: number, address: number, length: number): void;
  /** All values have arrived, and the sender reports them as intact. `checksum`: the sender's; -1 if there is none. */
  commit(header: FrameHeader, checksum: number): void;
  /** A refused frame was sent completely: until then its sender may abandon it and counts it itself. */
  pass(): void;
  /** The frame is invalid: by the sender's verdict, or because a part never arrived. */
  abort(): void;
}

/** Handles messages other than frames. */
export type ControlHandler = (view: DataView, offset: number, length: number) => void;

export const NO_CHECKSUM = -1;

/** Kind of the current message. */
const NOTHING = 0;
const VALUES = 1;
const CONTROL = 2;

/**
 * Reassembles the frames of one Aeron session from fragments, whose order Aeron preserves: a cursor without its own copy. Anything but the
 * next piece of the current frame ends that frame as incomplete; no length beyond the values in the frame's header is accepted. Other
 * messages are passed on whole.
 */
export class FrameAssembly {
  /** Frames that began and did not end, and pieces without a frame. */
  incomplete = 0;
  strays = 0;
  readonly #target: FrameTarget;
  readonly #onControl: ControlHandler;
  readonly #header = new FrameHeader();
  readonly #frame = new BridgeFrameDecoder();
  readonly #whole = new BridgeWholeDecoder();
  readonly #part = new BridgePartDecoder();
  readonly #end = new BridgeEndDecoder();
  #message = NOTHING;
  #isWhole = false;
  /** True while a frame is being reassembled. */
  #isOpen = false;
  #isTaken = false;
  #seq = 0;
  #filledBytes = 0;
  #valuesBytes = 0;
  /** Bytes of values in the current fragment. */
  #fragmentBytes = 0;
  #control = new NativeBuffer(INITIAL_CONTROL_BYTES);
  #controlBytes = 0;

  constructor(target: FrameTarget, onControl: ControlHandler) {
    this.#target = target;
    this.#onControl = onControl;
  }

  /** The view holds the first FRAGMENT_HEAD_BYTES of the `length` bytes at `address`, or all of them. `onFragmentEnd` follows. */
  onFragment(flags: number, view: DataView, offset: number, length: number, address: number): void {
    this.#fragmentBytes = 0;
    if ((flags & BEGIN_FLAG) !== 0) this.#beginMessage(flags, view, offset, length, address);
    else if (this.#message === VALUES) this.#addValues(address, length);
    else if (this.#message === CONTROL) this.#addControl(address, length);
  }

  /** Data copied from the fragment is valid. */
  onFragmentEnd(flags: number): void {
    this.#filledBytes += this.#fragmentBytes;
    this.#fragmentBytes = 0;
    if ((flags & END_FLAG) !== 0) this.#endMessage();
  }

  /** The session has ended: no piece will follow. */
  onEnd(): void {
    this.#message = NOTHING;
    this.#controlBytes = 0;
    this.#giveUp();
  }

  #beginMessage(flags: number, view: DataView, offset: number, length: number, address: number): void {
    this.#message = NOTHING;
    switch (messageKeyAt(view, offset, length)) {
      case BridgeFrameDecoder.KEY:
      case BridgeWholeDecoder.KEY:
        this.#beginFrame(view, offset, length, address);
        break;
      case BridgePartDecoder.KEY:
        this.#beginPart(view, offset, length, address);
        break;
      case BridgeEndDecoder.KEY:
        this.#endFrame(view, offset, length);
        break;
      default:
        if ((flags & END_FLAG) !== 0 && length <= FRAGMENT_HEAD_BYTES) this.#onControl(view, offset, length);
        else {
          this.#message = CONTROL;
          this.#controlBytes = 0;
          this.#addControl(address, length);
        }
    }
  }

  #beginFrame(view: DataView, offset: number, length: number, address: number): void {
    this.#giveUp();
    const isWhole = messageKeyAt(view, offset, length) === BridgeWholeDecoder.KEY;
    if (length < FRAME_HEAD_BYTES) {
      this.#stray();
      return;
    }
    const decoder = isWhole ? this.#whole : this.#frame;
    if (decoder.wrap(view, offset, FRAME_HEAD_BYTES) !== null) {
      this.#stray();
      return;
    }
    const { words } = this.#header;
    for (let word = FIRST_WORD; word < HEADER_WORDS; word++) {
      words[word] = view.getInt32(offset + MESSAGE_HEADER_BYTES + (word - FIRST_WORD) * 4, true);
    }
    this.#isOpen = true;
    this.#isWhole = isWhole;
    this.#seq = this.#header.frameId;
    this.#valuesBytes = this.#header.valuesLenBytes;
    this.#filledBytes = 0;
    this.#isTaken = this.#target.begin(this.#header);
    this.#message = VALUES;
    this.#addValues(address + FRAME_HEAD_BYTES, length - FRAME_HEAD_BYTES);
  }

  #beginPart(view: DataView, offset: number, length: number, address: number): void {
    const part = this.#part;
    if (length < PART_HEAD_BYTES || part.wrap(view, offset, PART_HEAD_BYTES) !== null) {
      this.#stray();
      return;
    }
    const isNext =
      this.#isOpen && !this.#isWhole && part.seqNumber === this.#seq && part.valuesOffset === this.#filledBytes;
    if (!isNext) {
      this.#giveUp();
      this.#stray();
      return;
    }
    this.#message = VALUES;
    this.#addValues(address + PART_HEAD_BYTES, length - PART_HEAD_BYTES);
  }

  #addValues(address: number, length: number): void {
    if (!this.#isOpen || length === 0) return;
    if (length > this.#valuesBytes - this.#filledBytes) {
      this.#giveUp();
      this.#stray();
      return;
    }
    if (this.#isTaken) this.#target.write(this.#filledBytes, address, length);
    this.#fragmentBytes = length;
  }

  #addControl(address: number, length: number): void {
    const needed = this.#controlBytes + length;
    if (needed > MAX_CONTROL_BYTES) {
      this.#message = NOTHING;
      this.#stray();
      return;
    }
    if (needed > this.#control.bytes.length) {
      const larger = new NativeBuffer(2 ** Math.ceil(Math.log2(needed)));
      larger.bytes.set(this.#control.bytes.subarray(0, this.#controlBytes));
      this.#control = larger;
    }
    libc.memcpy(this.#control.address + this.#controlBytes, address, length);
    this.#controlBytes = needed;
  }

  #endMessage(): void {
    const message = this.#message;
    this.#message = NOTHING;
    if (message === VALUES && this.#isOpen && this.#isWhole) this.#settle(true, NO_CHECKSUM);
    if (message !== CONTROL) return;
    const length = this.#controlBytes;
    this.#controlBytes = 0;
    this.#onControl(this.#control.view, 0, length);
  }

  #endFrame(view: DataView, offset: number, length: number): void {
    const end = this.#end;
    if (end.wrap(view, offset, length) !== null) {
      this.#stray();
      return;
    }
    if (!this.#isOpen || end.seqNumber !== this.#seq) {
      this.#giveUp();
      this.#stray();
      return;
    }
    if (end.verdict === BridgeVerdict.OK) {
      this.#settle(true, end.hasChecksum ? end.checksumNumber : NO_CHECKSUM);
      return;
    }
    this.#settle(false, NO_CHECKSUM);
  }

  /** The current frame is complete. */
  #settle(isIntact: boolean, checksum: number): void {
    if (isIntact && this.#filledBytes !== this.#valuesBytes) {
      this.#giveUp();
      return;
    }
    this.#isOpen = false;
    if (!this.#isTaken) {
      if (isIntact) this.#target.pass();
      return;
    }
    this.#isTaken = false;
    if (isIntact) this.#target.commit(this.#header, checksum);
    else this.#target.abort();
  }

  /** The current frame will not be completed. */
  #giveUp(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.incomplete++;
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#target.abort();
  }

  #stray(): void {
    this.strays++;
  }
}
