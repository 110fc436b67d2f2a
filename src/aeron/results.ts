import { PUBLICATION_ERROR } from "../../ffi/aeron-structs.ts";

/** Result of publishing a message (W-32). Constants, so that a result costs nothing. */
export const PublishResult = {
  PUBLISHED: 0,
  NOT_CONNECTED: 1,
  BACK_PRESSURED: 2,
  ADMIN_ACTION: 3,
  CLOSED: 4,
  MAX_POSITION_EXCEEDED: 5,
  ERROR: 6,
  /** Longer than the publication's terms allow: this message is never accepted. */
  TOO_LONG: 7,
} as const;
export type PublishResult = (typeof PublishResult)[keyof typeof PublishResult];

/** The names of the results, for counters and messages, by value. */
export const PUBLISH_RESULT_NAMES = [
  "published",
  "notConnected",
  "backPressured",
  "adminAction",
  "closed",
  "maxPositionExceeded",
  "error",
  "tooLong",
] as const;

/** The result for a negative position returned by Aeron. */
export function resultOfPosition(position: number): PublishResult {
  switch (position) {
    case PUBLICATION_ERROR.notConnected:
      return PublishResult.NOT_CONNECTED;
    case PUBLICATION_ERROR.backPressured:
      return PublishResult.BACK_PRESSURED;
    case PUBLICATION_ERROR.adminAction:
      return PublishResult.ADMIN_ACTION;
    case PUBLICATION_ERROR.closed:
      return PublishResult.CLOSED;
    case PUBLICATION_ERROR.maxPositionExceeded:
      return PublishResult.MAX_POSITION_EXCEEDED;
    default:
      return position > 0 ? PublishResult.PUBLISHED : PublishResult.ERROR;
  }
}
