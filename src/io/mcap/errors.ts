import { RecordingError, type RecordingErrorCode } from "../../recording/recording-error.ts";
import { SourceError, type SourceErrorCode } from "../errors.ts";

const CODES: Readonly<Record<RecordingErrorCode, SourceErrorCode>> = {
  "not-found": "not-found",
  unreadable: "unreadable",
  "not-a-recording": "malformed",
  damaged: "malformed",
  unsupported: "unsupported",
  "no-such-frame": "not-found",
  closed: "unreadable",
};

/** Converts a recording's error into a source error; returns any other unchanged. */
export function errorOfRecording(error: unknown): unknown {
  if (!(error instanceof RecordingError)) return error;
  const { expected, found } = error;
  return new SourceError(CODES[error.code], error.message, {
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    cause: error,
  });
}
