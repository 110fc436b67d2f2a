import { write } from "node:fs";
import { errnoOf } from "../../core/system-errors.ts";
import { CLOSED_BY_READER, GIVEN_UP, WRITTEN, type WriteOutcome } from "./output.ts";

/** Most bytes per write call: after each step a pipe without a reader is detected and abandoned. */
const STEP_BYTES = 1024 * 1024;

/** Pause before retrying a full descriptor that another process made non-blocking. */
const RETRY_MS = 1;

/** Writes all bytes to `fd` on the thread pool, continuing after partial writes; `isGivenUp` stops it between steps. */
export function writeFully(
  fd: number,
  bytes: Uint8Array,
  byteLength: number,
  isGivenUp: () => boolean,
  done: (outcome: WriteOutcome, writtenBytes: number) => void,
): void {
  let at = 0;
  const onWritten = (error: NodeJS.ErrnoException | null, count: number): void => {
    const errno = error ? errnoOf(error) : "";
    if (!error) at += count;
    if (!error || errno === "EINTR") step();
    else if (errno === "EAGAIN") setTimeout(step, RETRY_MS);
    else if (errno === "EPIPE" || errno === "ECONNRESET") done(CLOSED_BY_READER, at);
    else done({ kind: "failed", error }, at);
  };
  const step = (): void => {
    if (at === byteLength) done(WRITTEN, at);
    else if (isGivenUp()) done(GIVEN_UP, at);
    else write(fd, bytes, at, Math.min(STEP_BYTES, byteLength - at), null, onWritten);
  };
  if (byteLength > 0) step();
  else queueMicrotask(() => done(WRITTEN, 0));
}
