import { TensorPoolError } from "../core/errors.ts";

/** Wrong use of a producer or of a claim. */
export class ProducerError extends TensorPoolError<
  "closed" | "claim-ended" | "layout" | "progress" | "second-writer"
> {}

/** Wrong use of a consumer or of a frame. */
export class ConsumerError extends TensorPoolError<"closed" | "frame-ended" | "too-small"> {}
