import type { NativeClient } from "./native-client.ts";

/** A publication, subscription or counter of ours: it persists while clients of the media driver are created and closed. */
export interface AeronResource {
  /** True while a live client has it. */
  readonly isReady: boolean;
  /** Requests it from the client's driver. @throws AeronError */
  begin(client: NativeClient): void;
  /** True once the driver has answered. @throws AeronError if it refused */
  proceed(): boolean;
  /** Releases it to a live client. */
  release(): void;
  /** Drops the handle of a dead client. */
  forget(): void;
  /** Frees what the client did not own. The object cannot be used after this. */
  dispose(): void;
  /**
   * Compares the media driver's state of this resource with possible states; to be called periodically.
   * @returns why the resource must be released and added again, null if it is sound
   */
  fault(nowNs: number): string | null;
  /** True if the media driver made it inactive and it is useless until it is added again, which misses nothing. */
  isStranded(nowNs: number): boolean;
  /** Kind, channel and stream, for display. */
  toString(): string;
}
