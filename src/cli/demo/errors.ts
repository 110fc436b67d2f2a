import { TensorPoolError } from "../../core/errors.ts";

/** Why a demo could not be run to its end. */
export class DemoError extends TensorPoolError<
  /** The folder for its files cannot be made, or belongs to another user. */
  | "no-place"
  /** Too little free space for the regions. */
  | "no-space"
  /** One of its processes failed. */
  | "child-failed"
  /** One of its processes was ended from outside. */
  | "child-killed"
  /** No frame came. */
  | "no-frames"
> {}
