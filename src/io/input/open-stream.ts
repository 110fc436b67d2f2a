import { SourceError } from "../errors.ts";
import type { OpenOptions } from "../spec.ts";
import type { StreamSource } from "./stream-source.ts";

const POLL_PERIOD_MS = 1;

/** A header that takes longer than this is worth a word to the user. */
const WAITING_NOTICE_MS = 250;

/** Waits until the first frame's layout is known or the input has ended; closes the source when that fails. @throws SourceError */
export async function openStream(source: StreamSource, { signal, onWaiting }: OpenOptions): Promise<StreamSource> {
  try {
    const startMs = performance.now();
    let isNoticeDue = onWaiting !== undefined;
    for (;;) {
      const state = source.poll(0);
      if (source.isOpen || state !== "idle") return source;
      if (signal?.aborted) {
        throw new SourceError("aborted", `${source.inputName}: given up while waiting for the header`);
      }
      if (isNoticeDue && performance.now() - startMs > WAITING_NOTICE_MS) {
        isNoticeDue = false;
        onWaiting?.(`waiting for the header on ${source.inputName}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_PERIOD_MS));
    }
  } catch (error) {
    source.close();
    throw error;
  }
}
