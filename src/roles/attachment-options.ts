import type { Counter } from "../core/counters.ts";
import type { LeaseRole } from "../protocol/lease-table.ts";
import type { PoolAnnouncement } from "../shm/index.ts";

/** Options of a role in a driver deployment. */
export interface DriverClientOptions {
  /** Drawn at random for each lease if omitted. */
  readonly clientId?: number;
  /** Refuse regions that are not on hugetlbfs. */
  readonly requireHugepages?: boolean;
  /** Longest wait for the first lease, in nanoseconds; 0: no limit. Later leases are awaited without a limit. */
  readonly attachTimeoutNs: number;
}

export interface AttachmentOptions extends DriverClientOptions {
  readonly streamId: number;
  readonly role: LeaseRole;
  /** True if drivers announce on a stream other than the control stream, and therefore in another Aeron session. */
  readonly announcesApart?: boolean;
}

/** Receives changes of the lease. */
export interface AttachmentListener {
  /** A lease was granted for these regions. @throws RegionError if they cannot be used: the lease is returned, and another is requested */
  onAttached(announcement: PoolAnnouncement): void;
  /** The lease has ended: the regions must not be touched after this returns (D-14). */
  onDetached(reason: string): void;
  /** For consumers: the lease of the stream's producer has ended, by a detach or by loss. */
  onProducerEnded?(isGivenBack: boolean): void;
}

export interface AttachmentCounters {
  readonly attaches: Counter;
  readonly attachesRefused: Counter;
  readonly leasesLost: Counter;
  readonly messagesRefused: Counter;
}
