import { TensorPoolError } from "../core/errors.ts";

/** Incorrect use of a producer or of a claim. */
export class ProducerError extends TensorPoolError<
  "closed" | "claim-ended" | "layout" | "progress" | "second-writer" | "not-attached"
> {}

/** No lease was granted. "not-found": no driver answered; "refused": the driver refused, with a reason. */
export class AttachError extends TensorPoolError<"not-found" | "refused"> {}

/** Incorrect use of a consumer or of a frame. */
export class ConsumerError extends TensorPoolError<"closed" | "frame-ended" | "too-small"> {}
