import type { MessageHandler } from "../aeron/subscription.ts";
import type { WritableRegions } from "../shm/index.ts";
import type { AttachError } from "./errors.ts";

/** The part of the producer that the provider of its regions uses. */
export interface RegionHost {
  /** Begins an epoch with these regions: frames go there from now on. If this throws, the caller keeps the regions. @throws UsageError */
  beginEpoch(regions: WritableRegions): void;
  /** Ends the epoch, if any: every claim is settled, and the regions are closed. */
  endEpoch(): void;
  /** True once other owners' announces are received. */
  isHearing(): boolean;
  /** Nanoseconds since the last sign of life that readers could see. */
  silentNs(nowNs: number): number;
}

/** Provides the regions of a producer's epochs: the producer itself (standalone), or a driver, with a lease. */
export interface RegionProvider {
  /** The producer's id on the wire; in a driver deployment, its lease's client id. */
  readonly producerId: number;
  /** Why there are no regions, if a driver gave a reason; null if there are regions or no driver was asked. */
  readonly refusal: AttachError | null;
  /** Handles messages of the control stream and the announce stream. */
  readonly onMessage: MessageHandler;
  /** Called once, when the host is ready. @throws RegionCreateError, UsageError */
  begin(nowNs: number): void;
  /** Called before messages are read, and before anything touches the regions. */
  doWork(nowNs: number): number;
  onLateCycle(nowNs: number, lateByNs: number): void;
  /** Called once, after the last epoch has ended. `poll` reads the control stream. @returns a promise while messages are still expected */
  close(poll: () => void): Promise<void> | null;
}
