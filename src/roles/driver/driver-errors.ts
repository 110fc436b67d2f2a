import { TensorPoolError } from "../../core/errors.ts";

/** Why a driver cannot start, or stops. */
export class DriverError extends TensorPoolError<
  /** D-02: another driver serves this control stream. */
  | "already-running"
  /** D-02: another driver or a standalone producer owns one of the streams. */
  | "stream-taken"
  /** Regions and retained epochs do not fit. */
  | "no-space"
  /** `mlock_shm` is set and cannot be satisfied. */
  | "mlock"
> {}
