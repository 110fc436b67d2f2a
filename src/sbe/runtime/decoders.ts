import type { Refusal, RefusalDetails } from "./refusal.ts";
import { NO_VIEW, Scan } from "./scan.ts";
import { GROUP_HEADER_BYTES } from "./shapes.ts";

/** Common parts of all flyweights that read a message. */
export abstract class MessageDecoder implements RefusalDetails {
  protected view: DataView = NO_VIEW;
  /** Where the fixed fields begin. */
  protected block = 0;
  protected readonly scan = new Scan();

  /** Version that the message carries. */
  get version(): number {
    return this.scan.version;
  }

  /** After a refusal: the offset of the fault in the message. */
  get refusedAt(): number {
    return this.scan.refusedAt;
  }

  /** After a refusal: the value that was found there. */
  get refusedValue(): number {
    return this.scan.refusedValue;
  }

  /**
   * Wraps the whole message, `length` bytes from `offset` with the SBE header, and checks all of it (W-34, W-36). Null: every getter is
   * safe. Otherwise the reason, and the decoder wraps nothing. Never throws, never allocates.
   */
  abstract wrap(view: DataView, offset: number, length: number): Refusal | null;
}

/** Common parts of the flyweights over structures in shared memory: no message header, a fixed length. */
export abstract class StructureDecoder implements RefusalDetails {
  protected view: DataView = NO_VIEW;
  protected block = 0;
  protected readonly scan = new Scan();

  get refusedAt(): number {
    return this.scan.refusedAt;
  }

  get refusedValue(): number {
    return this.scan.refusedValue;
  }

  /** Wraps the structure that begins at `offset`. Returns null, or the reason of a refusal; never throws, never allocates. */
  abstract wrap(view: DataView, offset: number): Refusal | null;
}

/**
 * The entries of a group, one at a time: `rewind()`, then `next()` until it returns false. The fields are those of the current entry;
 * before the first `next()` and after the last entry there is none, and reading a field throws.
 */
export abstract class GroupDecoder {
  /** Number of entries. */
  count = 0;
  protected view: DataView = NO_VIEW;
  protected block = 0;
  protected version = 0;
  private source: DataView = NO_VIEW;
  private first = 0;
  private following = 0;
  private taken = 0;

  /** Moves to before the first entry. */
  rewind(): this {
    this.view = NO_VIEW;
    this.following = this.first;
    this.taken = 0;
    return this;
  }

  /** Moves to the next entry; false if there is none. */
  next(): boolean {
    if (this.taken === this.count) {
      this.view = NO_VIEW;
      return false;
    }
    this.taken++;
    this.view = this.source;
    this.block = this.following;
    this.following = this.locate();
    return true;
  }

  /** Forgets the message. */
  clear(): void {
    this.count = 0;
    this.source = NO_VIEW;
    this.rewind();
  }

  /** Checks the whole group and leaves the scan after it. */
  abstract check(scan: Scan): Refusal | null;

  /** Determines the variable parts of the current entry; returns the end of the entry. */
  protected abstract locate(): number;

  /**
   * Opens the group whose dimensions are at `position`, within an entry of an enclosing group that was checked before; returns the end of
   * the group.
   */
  open(view: DataView, position: number, version: number): number {
    this.version = version;
    this.source = view;
    this.count = view.getUint16(position + 2, true);
    this.first = position + GROUP_HEADER_BYTES;
    this.rewind();
    while (this.next());
    const end = this.following;
    this.rewind();
    return end;
  }

  /** Stores the group whose dimensions the scan has just read. */
  protected begin(scan: Scan): void {
    this.count = scan.entries;
    this.version = scan.version;
    this.source = scan.view;
    this.first = scan.position;
    this.rewind();
  }
}
