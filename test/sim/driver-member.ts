import { announceStreamIdOf } from "../../src/protocol/stream-ids.ts";
import { Driver } from "../../src/roles/driver/driver.ts";
import type { DriverOptions } from "../../src/roles/driver/driver-options.ts";
import { ADMIN_TOKEN, BASE_DIR, DYNAMIC_STREAM, LAST_DYNAMIC_STREAM, type Member, NSLOTS, POOLS } from "./member.ts";
import { LEASE_NS } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

/** A driver of streams. */
export class DriverMember implements Member {
  readonly roleName = "driver";
  readonly driver: Driver;

  constructor(world: World, process: SimProcess, streamIds: readonly number[]) {
    const { streams } = world;
    const options: DriverOptions = {
      instanceId: "sim",
      channels: {
        channel: "aeron:ipc",
        controlStreamId: streams.controlStreamId,
        announceStreamId: announceStreamIdOf(streams),
      },
      streams: streamIds.map((streamId) => ({ streamId, name: `stream-${streamId}`, nslots: NSLOTS, pools: POOLS })),
      dynamic: { ranges: [{ first: DYNAMIC_STREAM, last: LAST_DYNAMIC_STREAM }], nslots: NSLOTS, pools: POOLS },
      storage: {
        baseDir: BASE_DIR,
        namespace: "sim",
        sharing: "private",
        requireHugepages: false,
        prefault: false,
        mlock: false,
      },
      retention: { isEnabled: true, keep: 1, minAgeNs: 1e9, atStart: false },
      announcePeriodNs: 1e9,
      keepaliveIntervalNs: LEASE_NS / 3,
      graceIntervals: 3,
      shutdownTimeoutNs: 2e9,
      token: ADMIN_TOKEN,
      onShutdownRequested: () => {
        if (!world.mayShutDown) world.fail("D-20: the driver ends by a request without its token");
        process.stop();
      },
    };
    this.driver = new Driver(process.connection, process.ports.clock, options, process.ports);
  }

  doWork(nowNs: number): number {
    return this.driver.doWork(nowNs);
  }
  onLateCycle(nowNs: number, lateByNs: number): void {
    this.driver.onLateCycle(nowNs, lateByNs);
  }
  onClose(): Promise<void> {
    return this.driver.onClose();
  }
  problem(): string | null {
    return this.driver.isReady ? null : "the driver is not ready";
  }
  watch(): void {}
  upheavals(): number {
    const { epochsMade, leasesExpired, leasesRevoked } = this.driver.counters.of;
    return epochsMade.value + leasesExpired.value + leasesRevoked.value;
  }
}
