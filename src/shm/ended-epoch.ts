import { readSync } from "node:fs";
import { closeFile, O, openAt } from "../../ffi/libc.ts";
import { errnoOf } from "../core/system-errors.ts";
import type { Directory } from "./directory.ts";
import { epochDirectoryName, HEADER_RING_FILE } from "./layout.ts";
import { HEADER_SLOT_BYTES, SUPERBLOCK_BYTES } from "./superblock.ts";

/** A slot of zeros is no frame, although "frame 0, committed" has a commit word of 0: a frame's dtype is never 0. */
export function holdsFirstFrame(firstSlot: Uint8Array): boolean {
  return firstSlot.some((byte) => byte !== 0);
}

/**
 * True if a frame was, or may have been, claimed in another process's leftover epoch: false only if its first slot is still in its initial
 * state, or does not exist.
 */
export function mayHaveCarriedFrames(instance: Directory, epoch: bigint): boolean {
  let fd: number;
  try {
    const directory = instance.child(epochDirectoryName(epoch));
    try {
      fd = openAt(directory.fd, HEADER_RING_FILE, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
    } finally {
      directory.close();
    }
  } catch (error) {
    // Without a header ring it was never announced.
    if (errnoOf(error) === "ENOENT") return false;
    return true;
  }
  try {
    const slot = new Uint8Array(HEADER_SLOT_BYTES);
    const length = readSync(fd, slot, 0, slot.length, SUPERBLOCK_BYTES);
    return holdsFirstFrame(slot.subarray(0, length));
  } finally {
    closeFile(fd);
  }
}
