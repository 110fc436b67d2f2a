/** What `ByteInput.read` and `skip` return when there are no more bytes. */
export const END_OF_INPUT = -1;

/**
 * A stream of bytes that is read without ever blocking. One reader; bytes come in order; no method waits for a pipe, a disk
 * or a terminal.
 */
export interface ByteInput {
  /** For messages: `stdin`, or the path. */
  readonly name: string;
  /** True when `rewind` works. */
  readonly isRepeatable: boolean;
  /** Bytes that are still to come, where that is known; null for pipes. */
  bytesLeft(): number | null;
  /** Reads at most `byteLength` (> 0) bytes to `address`; 0 while there are none, END_OF_INPUT after the last. @throws SourceError */
  read(address: number, byteLength: number): number;
  /** Drops at most `byteLength` (> 0) bytes; returns like `read`. @throws SourceError */
  skip(byteLength: number): number;
  /** Back to the first byte; only where `isRepeatable`. */
  rewind(): void;
  /** Idempotent. No memory of the caller's is written to afterwards. */
  close(): void;
}
