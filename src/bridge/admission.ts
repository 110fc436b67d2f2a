/** Header of each fragment in a log. */
const FRAGMENT_HEADER_BYTES = 32;
const ALIGNMENT = 32;

/** Size of a message in a log with fragments of at most `mtuBytes`. */
export function logBytesOf(messageBytes: number, mtuBytes: number): number {
  const payloadBytes = mtuBytes - FRAGMENT_HEADER_BYTES;
  const whole = Math.floor(messageBytes / payloadBytes);
  const rest = messageBytes - whole * payloadBytes;
  const restBytes = rest === 0 ? 0 : Math.ceil((rest + FRAGMENT_HEADER_BYTES) / ALIGNMENT) * ALIGNMENT;
  return whole * mtuBytes + restBytes;
}

/** How the frames of one link are split into messages. */
export interface Cutting {
  readonly mtuBytes: number;
  /** Most bytes of values in one message. */
  readonly partBytes: number;
  /** Bytes of a message before its values, and of the message that ends a frame; enough for each kind. */
  readonly headBytes: number;
  /** How far a publisher may be ahead of its readers, in bytes. */
  readonly windowBytes: number;
}

/** Size in the log of a frame with `valuesBytes` of values. */
export function frameLogBytes(valuesBytes: number, { mtuBytes, partBytes, headBytes }: Cutting): number {
  const parts = Math.max(1, Math.ceil(valuesBytes / partBytes));
  const last = valuesBytes - (parts - 1) * partBytes;
  const fullPart = logBytesOf(headBytes + partBytes, mtuBytes);
  return (parts - 1) * fullPart + logBytesOf(headBytes + last, mtuBytes) + logBytesOf(headBytes, mtuBytes);
}

/**
 * True if a frame may begin: all of it fits the window now, so that it will not be abandoned halfway. A frame that never fits begins when
 * the window is empty, and is sent in parts.
 */
export function isAdmitted(valuesBytes: number, roomBytes: number, cutting: Cutting): boolean {
  return roomBytes >= Math.min(frameLogBytes(valuesBytes, cutting), cutting.windowBytes);
}
