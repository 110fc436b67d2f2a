import { messageOf, NotFoundError } from "../../core/errors.ts";
import type { EventView } from "../../supervision/model/index.ts";
import { ExitCode } from "../exit.ts";
import { StopSignals } from "../lifetime/signals.ts";

const POLL_MS = 1000;
const TIMEOUT_MS = 5000;

export interface FollowOptions {
  /** False: report only the existing events. */
  readonly isFollowed: boolean;
  /** Null: until it is stopped. */
  readonly secondsNs: number | null;
  tell(event: EventView): void;
  /** Receives the function that ends it. */
  onStop(stop: (reason: string) => void): void;
}

/** Reports the events of a supervisor's HTTP server. @throws NotFoundError */
export async function followEvents(from: URL, options: FollowOptions): Promise<number> {
  const url = new URL("/api/v1/events", from);
  const stopped = new AbortController();
  options.onStop((reason) => stopped.abort(reason));
  using signals = new StopSignals({ onStop: (signal) => stopped.abort(signal) });
  const endMs = options.secondsNs === null ? Number.POSITIVE_INFINITY : performance.now() + options.secondsNs / 1e6;
  let lastId = 0;
  do {
    const { lastId: newest, events } = await read(url, lastId);
    // A restarted supervisor counts from 0.
    const isAnew = newest < lastId;
    lastId = isAnew ? 0 : newest;
    for (const event of events) options.tell(event);
    if (!isAnew && options.isFollowed) await pause(Math.min(POLL_MS, endMs - performance.now()), stopped.signal);
  } while (options.isFollowed && !stopped.signal.aborted && performance.now() < endMs);
  return signals.exitCode(ExitCode.DONE);
}

async function read(url: URL, after: number): Promise<{ lastId: number; events: EventView[] }> {
  let response: Response;
  try {
    response = await fetch(`${url}?after=${after}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new NotFoundError(`--from: no supervisor answers at ${url.origin}: ${messageOf(error)}`, { cause: error });
  }
  const body: unknown = await response.json().catch(() => null);
  const { lastId, events } = (body ?? {}) as { lastId?: unknown; events?: unknown };
  if (response.ok && typeof lastId === "number" && Array.isArray(events))
    return { lastId, events: events as EventView[] };
  throw new NotFoundError(`--from: expected a supervisor's events at ${url}, found HTTP ${response.status}`, {
    found: String(response.status),
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
