import type { MessageHandler } from "../aeron/subscription.ts";
import type { WritableRegions } from "../shm/index.ts";
import type { AttachError } from "./errors.ts";

/** The producer, as far as the provider of its regions has to know it. */
export interface RegionHost {
  /** Begins an epoch with these regions: from now on frames go there. What it refuses stays the caller's. @throws UsageError */
  beginEpoch(regions: WritableRegions): void;
  /** Ends the epoch, if there is one: every claim is settled, and the regions are closed. */
  endEpoch(): void;
  /** True once what others announce is read. */
  isHearing(): boolean;
  /** Nanoseconds since readers last saw a sign of life. */
  silentNs(nowNs: number): number;
}

/** Who gives a producer the regions of its epochs: the producer itself (standalone), or a driver, with a lease. */
export interface RegionProvider {
  /** The producer's id on the wire; in a driver deployment that of its lease. */
  readonly producerId: number;
  /** Why there are no regions, as far as a driver said; null where there are some, or no driver was asked. */
  readonly refusal: AttachError | null;
  /** Takes what comes on the control stream and the announce stream. */
  readonly onMessage: MessageHandler;
  /** Called once, when the host is ready. @throws RegionCreateError, UsageError */
  begin(nowNs: number): void;
  /** Called before messages are read, and before anything touches the regions. */
  doWork(nowNs: number): number;
  onLateCycle(nowNs: number, lateByNs: number): void;
  /**
   * Called once, after the last epoch has ended. `poll` reads what comes on the control stream. @returns a promise while something
   * has still to be read
   */
  close(poll: () => void): Promise<void> | null;
}
