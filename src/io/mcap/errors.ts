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

/** An error of a recording as one of a source; any other as it is. */
export function errorOfRecording(error: unknown): unknown {
  if (!(error instanceof RecordingError)) return error;
  const { expected, found } = error;
  return new SourceError(CODES[error.code], error.message, {
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    cause: error,
  });
}
