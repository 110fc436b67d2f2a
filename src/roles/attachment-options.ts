import type { Counter } from "../core/counters.ts";
import type { LeaseRole } from "../protocol/lease-table.ts";
import type { PoolAnnouncement } from "../shm/index.ts";

/** What a role of a driver deployment says about itself. */
export interface DriverClientOptions {
  /** Drawn at random for each lease when left out. */
  readonly clientId?: number;
  /** Refuse regions that are not on hugetlbfs. */
  readonly requireHugepages?: boolean;
  /** Longest wait for the first lease, in nanoseconds; 0: no limit. After the first, a client attaches again without a limit. */
  readonly attachTimeoutNs: number;
}

export interface AttachmentOptions extends DriverClientOptions {
  readonly streamId: number;
  readonly role: LeaseRole;
  /** True when drivers announce on another stream than the control stream, and so in another Aeron session. */
  readonly announcesApart?: boolean;
}

/** Told about the lease. */
export interface AttachmentListener {
  /** There is a lease, for these regions. @throws RegionError when they cannot be used: the lease is given back, and another asked for */
  onAttached(announcement: PoolAnnouncement): void;
  /** There is none any more: nothing of its regions may be touched after this returns (D-14). */
  onDetached(reason: string): void;
  /** The lease of the stream's producer has ended: given back, or lost; for consumers. */
  onProducerEnded?(isGivenBack: boolean): void;
}

export interface AttachmentCounters {
  readonly attaches: Counter;
  readonly attachesRefused: Counter;
  readonly leasesLost: Counter;
  readonly messagesRefused: Counter;
}
