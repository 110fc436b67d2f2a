import { SourceError } from "../errors.ts";
import type { OpenOptions } from "../spec.ts";
import type { StreamSource } from "./stream-source.ts";

const POLL_PERIOD_MS = 1;

/** A wait for the first frame that exceeds this is reported. */
const WAITING_NOTICE_MS = 250;

/** Waits until the first frame begins; closes the source if that fails or if there is none. @throws SourceError */
export async function openStream(source: StreamSource, { signal, onWaiting }: OpenOptions): Promise<StreamSource> {
  try {
    const startMs = performance.now();
    let isNoticeDue = onWaiting !== undefined;
    for (;;) {
      if (source.poll(0) !== "idle") return source;
      if (signal?.aborted) {
        throw new SourceError("aborted", `${source.inputName}: given up while waiting for the first frame`);
      }
      if (isNoticeDue && performance.now() - startMs > WAITING_NOTICE_MS) {
        isNoticeDue = false;
        onWaiting?.(`waiting for the first frame on ${source.inputName}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_PERIOD_MS));
    }
  } catch (error) {
    source.close();
    throw error;
  }
}
