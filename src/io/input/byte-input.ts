/** Returned by `ByteInput.read` and `skip` at the end of the input. */
export const END_OF_INPUT = -1;

/**
 * A stream of bytes that is read without ever blocking. One reader; bytes arrive in order; no method waits for a pipe, a disk or a
 * terminal.
 */
export interface ByteInput {
  /** For messages: `stdin`, or the path. */
  readonly name: string;
  /** True if `rewind` is supported. */
  readonly isRepeatable: boolean;
  /** Number of remaining bytes if known; null for pipes. */
  bytesLeft(): number | null;
  /** Reads at most `byteLength` (> 0) bytes to `address`; 0 if there are none now, END_OF_INPUT at the end. @throws SourceError */
  read(address: number, byteLength: number): number;
  /** Drops at most `byteLength` (> 0) bytes; returns like `read`. @throws SourceError */
  skip(byteLength: number): number;
  /** Returns to the first byte; only if `isRepeatable`. */
  rewind(): void;
  /** Idempotent. The caller's memory is not written to afterwards. */
  close(): void;
}
