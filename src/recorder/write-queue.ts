import type { Block } from "./block.ts";
import type { RecorderCause } from "./channel.ts";

/** Blocks that wait to be written, in order, and the bytes they occupy in slots and in the recorder's memory. */
export class WriteQueue {
  readonly #blocks: Block[] = [];
  #heldBytes = 0;
  #ownBytes = 0;

  get length(): number {
    return this.#blocks.length;
  }

  /** Waiting bytes in slots of streams. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Waiting bytes in the recorder's own memory. */
  get ownBytes(): number {
    return this.#ownBytes;
  }

  get first(): Block | undefined {
    return this.#blocks[0];
  }

  push(block: Block): void {
    this.#count(block, 1);
    this.#blocks.push(block);
  }

  /** Returns blocks that could not be written to their previous positions. */
  putBack(blocks: readonly Block[]): void {
    for (const block of blocks) this.#count(block, 1);
    this.#blocks.unshift(...blocks);
  }

  shift(): Block | undefined {
    const block = this.#blocks.shift();
    if (block !== undefined) this.#count(block, -1);
    return block;
  }

  get hasAccount(): boolean {
    return this.#blocks.some(({ isAccount }) => isAccount);
  }

  /** Removes the first block with the recorder's own account, wherever it waits. */
  takeAccount(): Block | undefined {
    const at = this.#blocks.findIndex(({ isAccount, isReady }) => isAccount && isReady);
    if (at === -1) return undefined;
    const [block] = this.#blocks.splice(at, 1);
    this.#count(block as Block, -1);
    return block;
  }

  /** Drops blocks: all of them, or those whose frames are in slots. */
  drop(which: "all" | "held", cause: RecorderCause): void {
    const kept: Block[] = [];
    for (const block of this.#blocks.splice(0)) {
      if (which === "held" && block.frame === null) kept.push(block);
      else {
        this.#count(block, -1);
        lose(block, cause);
      }
    }
    this.#blocks.push(...kept);
  }

  #count(block: Block, sign: 1 | -1): void {
    // A block compressed while waiting is still counted with its original size.
    const byteLength = block.chunk.uncompressedSize;
    if (block.frame === null) this.#ownBytes += sign * byteLength;
    else this.#heldBytes += sign * byteLength;
  }
}

/** The frames of a block will not be in the file. */
export function lose(block: Block, cause: RecorderCause): void {
  settle(block, (owner, frames, bytes) => owner.onLost(frames, bytes, cause));
}

/** The frames of a block are in the file. */
export function recorded(block: Block): void {
  settle(block, (owner, frames, bytes) => owner.onRecorded(frames, bytes));
}

function settle(
  { channels, frames, bytes, release }: Block,
  report: (owner: NonNullable<Block["channels"][number]["owner"]>, frames: number, bytes: number) => void,
): void {
  release();
  channels.forEach(({ owner }, i) => {
    if (owner !== null) report(owner, frames[i] as number, bytes[i] as number);
  });
}
