import { processNs } from "../core/clock.ts";
import { AttachError } from "../roles/errors.ts";

/** A role that its pool closes, and that needs a lease unless it works without a driver. */
export interface PoolRole {
  readonly streamId: number;
  readonly isAttached: boolean;
  readonly attachRefusal: AttachError | null;
  close(): Promise<void>;
}

/** Checks that the first lease may still be granted. @throws AttachError */
export function throwIfAttachFailed(role: PoolRole, attachTimeoutMs: number, deadlineNs: number): void {
  const { attachRefusal, streamId } = role;
  const isOver = processNs() > deadlineNs;
  if (attachRefusal !== null && (isOver || !attachRefusal.retryable)) throw attachRefusal;
  if (!isOver) return;
  throw new AttachError(
    "not-found",
    `stream ${streamId}: no driver answered within ${attachTimeoutMs} ms; start one (tensorpool driver, or ` +
      "pool.addDriver), or pass standalone to the producer and its consumers",
    { expected: "a driver", found: "none", retryable: true },
  );
}
