import { TensorPoolError } from "../../core/errors.ts";

/** The reason that a demo did not run to its end. */
export class DemoError extends TensorPoolError<
  /** The folder for its files cannot be created, or belongs to another user. */
  | "no-place"
  /** Too little free space for the regions. */
  | "no-space"
  /** One of its processes failed. */
  | "child-failed"
  /** One of its processes was stopped from outside. */
  | "child-killed"
  /** No frame arrived. */
  | "no-frames"
> {}
