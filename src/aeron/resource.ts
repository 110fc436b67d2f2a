import type { NativeClient } from "./native-client.ts";

/** A publication, subscription or counter of ours: it stays, while clients of the media driver come and go. */
export interface AeronResource {
  /** True while a living client has it. */
  readonly isReady: boolean;
  /** Asks the client's driver for it. @throws AeronError */
  begin(client: NativeClient): void;
  /** True once the driver has answered. @throws AeronError when it refused */
  proceed(): boolean;
  /** Gives it back to a living client. */
  release(): void;
  /** Drops the handle of a client that is dead. */
  forget(): void;
  /** Frees what the client did not own. After this the object is of no use. */
  dispose(): void;
  /**
   * Compares what the media driver shows of this resource with what can be; to be called now and then.
   * @returns why the resource has to be released and added again, null when it is sound
   */
  fault(nowNs: number): string | null;
  /** True when the media driver put it to rest and it is of no use until it is added again, which misses nothing. */
  isStranded(nowNs: number): boolean;
  /** Kind, channel and stream, for people. */
  toString(): string;
}
