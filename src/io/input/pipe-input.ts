import { errnoName } from "../../../ffi/errors.ts";
import { closeFile, lastErrno, libc, ReadinessPoll } from "../../../ffi/libc.ts";
import { NativeBuffer } from "../../../ffi/memory.ts";
import { readProblem } from "../../core/system-errors.ts";
import { SourceError } from "../errors.ts";
import { type ByteInput, END_OF_INPUT } from "./byte-input.ts";

const SCRATCH_BYTES = 64 * 1024;
const F_SETPIPE_SZ = 1031;

/** One megabyte instead of the usual 64 KiB: the writer fills while we read, and both wake up less often. */
const PIPE_BYTES = 1024 * 1024;

/**
 * A pipe, FIFO, socket, terminal or character device: read in the duty cycle itself, directly to the bytes' destination, and only if `poll`
 * reports that the read will not block. The descriptor's flags stay unchanged: an inherited descriptor is shared with other processes, and
 * so is its O_NONBLOCK.
 */
export class PipeInput implements ByteInput {
  readonly name: string;
  readonly isRepeatable = false;
  readonly #fd: number;
  readonly #isOwned: boolean;
  readonly #readiness: ReadinessPoll;
  #scratch: NativeBuffer | null = null;
  #isClosed = false;

  /** @param isOwned whether `close` closes the descriptor; not for stdin */
  constructor(name: string, fd: number, isOwned: boolean, isPipe: boolean) {
    this.name = name;
    this.#fd = fd;
    this.#isOwned = isOwned;
    this.#readiness = new ReadinessPoll(fd);
    // Optional: a system that limits pipe sizes keeps its size, and everything works the same.
    if (isPipe) libc.fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
  }

  bytesLeft(): number | null {
    return null;
  }

  read(address: number, byteLength: number): number {
    if (this.#isClosed) throw new RangeError(`${this.name} is closed`);
    if (!this.#readiness.isReadable()) return 0;
    const count = libc.read(this.#fd, address as never, byteLength) as number;
    if (count > 0) return count;
    if (count === 0) return END_OF_INPUT;
    const errno = errnoName(lastErrno());
    // Another reader of the same pipe was faster, or a signal arrived: neither is an error.
    if (errno === "EAGAIN" || errno === "EINTR") return 0;
    // The error of a terminal or pseudo-terminal whose other side has hung up.
    if (errno === "EIO" || errno === "ECONNRESET") return END_OF_INPUT;
    throw new SourceError("unreadable", `${this.name}: cannot be read: ${readProblem(errno)}`, { found: errno });
  }

  /** Blocks the thread for less than a second until there is data to read or the input ends. True in these cases. */
  waitReadable(timeoutNs: number): boolean {
    return this.#readiness.isReadable(timeoutNs);
  }

  skip(byteLength: number): number {
    this.#scratch ??= new NativeBuffer(SCRATCH_BYTES);
    return this.read(this.#scratch.address, Math.min(byteLength, SCRATCH_BYTES));
  }

  rewind(): void {
    throw new RangeError(`${this.name} cannot be rewound`);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isOwned) closeFile(this.#fd);
  }
}
