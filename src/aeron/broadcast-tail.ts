import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { BROADCAST_TRAILER, CNC_HEADER } from "../../ffi/aeron-structs.ts";
import { AeronError } from "../../ffi/errors.ts";
import { MAP, mapMemory, PROT, unmapMemory } from "../../ffi/libc.ts";
import { loadAcquire } from "../shm/atomics.ts";

const PAGE_BYTES = 4096;

/**
 * How far the media driver has written its to-clients buffer in the CnC file. The driver reports that an image is unavailable, or that the
 * client itself timed out, before it stops respecting the client's positions, cleans a log behind them, or reassigns their counters. So
 * while the tail has not moved since the client's conductor read up to it, all of these still belong to the client.
 */
export class BroadcastTail {
  /** Device and inode of the CnC file that it belongs to. */
  readonly identity: string;
  readonly #mapping: number;
  readonly #address: number;
  #isOpen = true;

  /** @throws AeronError if there is no complete CnC file in the folder; NodeJS.ErrnoException, SystemError */
  constructor(aeronDir: string) {
    const path = join(aeronDir, "cnc.dat");
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd, { bigint: true });
      this.identity = `${stat.dev}:${stat.ino}`;
      const header = new DataView(new ArrayBuffer(CNC_HEADER.size));
      readSync(fd, header, 0, CNC_HEADER.size, 0);
      const [toDriver, toClients] = [CNC_HEADER.toDriver, CNC_HEADER.toClients].map((at) =>
        header.getInt32(at, true),
      ) as [number, number];
      const trailer = CNC_HEADER.size + toDriver + toClients - BROADCAST_TRAILER.size;
      if (toDriver <= 0 || toClients <= BROADCAST_TRAILER.size || BigInt(trailer + PAGE_BYTES) > stat.size) {
        throw new AeronError(`reading ${path}`, 0, "the media driver has not finished writing the file");
      }
      const page = trailer - (trailer % PAGE_BYTES);
      // The trailer may straddle two pages.
      this.#mapping = mapMemory(0, 2 * PAGE_BYTES, PROT.READ, MAP.SHARED, fd, page);
      this.#address = this.#mapping + (trailer - page) + BROADCAST_TRAILER.tail;
    } finally {
      closeSync(fd);
    }
  }

  /** Total bytes written by the driver, read with acquire. */
  read(): number {
    return loadAcquire(this.#address);
  }

  /** Idempotent; `read` must not be called after it. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    unmapMemory(this.#mapping, 2 * PAGE_BYTES);
  }
}
