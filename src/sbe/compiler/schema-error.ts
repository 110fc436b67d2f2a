import { TensorPoolError } from "../../core/errors.ts";

export type SchemaErrorCode =
  /** Not well-formed XML, or not an SBE schema. */
  | "xml"
  /** An attribute is missing or has a value that it cannot have. */
  | "attribute"
  | "unknown-type"
  /** A field begins before the one in front of it ends. */
  | "overlap"
  /** A block is shorter than its fields. */
  | "block-length"
  | "duplicate"
  /** A name that the generated code cannot use. */
  | "name"
  /** A version that cannot be, or an addition that older messages cannot be read with. */
  | "version"
  /** A part of SBE that no protocol of ours uses, and that the compiler therefore does not know. */
  | "unsupported";

/** A schema cannot be compiled. The message begins with the file, the line and the element. */
export class SchemaError extends TensorPoolError<SchemaErrorCode> {}
