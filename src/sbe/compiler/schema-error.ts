import { TensorPoolError } from "../../core/errors.ts";

export type SchemaErrorCode =
  /** Not well-formed XML, or not an SBE schema. */
  | "xml"
  /** An attribute is missing or has an invalid value. */
  | "attribute"
  | "unknown-type"
  /** A field begins before the end of the previous one. */
  | "overlap"
  /** A block is shorter than its fields. */
  | "block-length"
  | "duplicate"
  /** A name that the generated code cannot use. */
  | "name"
  /** An invalid version, or an addition that makes older messages unreadable. */
  | "version"
  /** A part of SBE that none of tensorpool's protocols uses, and that the compiler does not support. */
  | "unsupported";

/** A schema cannot be compiled. The message begins with the file, the line and the element. */
export class SchemaError extends TensorPoolError<SchemaErrorCode> {}
