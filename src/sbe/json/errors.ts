import { TensorPoolError } from "../../core/errors.ts";
import type { RefusalCode } from "../runtime/refusal.ts";

/** Bytes are not a message: a decoder refused them, or no decoder is known. */
export class DecodeError extends TensorPoolError<RefusalCode | "unknown-message"> {}

export type JsonErrorCode =
  | "unknown-message"
  | "unknown-field"
  | "missing-field"
  | "wrong-type"
  | "out-of-range"
  /** A name that an enum does not have. */
  | "unknown-name"
  /** An envelope that contradicts the message that it names. */
  | "contradiction";

/** JSON does not describe a message. The message names the field, what was expected and what was found. */
export class JsonError extends TensorPoolError<JsonErrorCode> {}

export function jsonError(code: JsonErrorCode, where: string, expected: string, value: unknown): JsonError {
  const found = value === undefined ? "nothing" : abbreviated(JSON.stringify(value) ?? String(value));
  return new JsonError(code, `${where}: expected ${expected}, found ${found}`, { expected, found });
}

function abbreviated(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
