import type { CountersReader } from "../aeron/counters-reader.ts";
import { monotonic } from "../aeron/monotonic.ts";
import { probeLockOr, ServiceLocks } from "../aeron/service-locks.ts";
import { processNs } from "../core/clock.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import { type DeploymentView, viewOf } from "./deployment-view.ts";
import type { KnownStream } from "./known-streams.ts";
import { sampleRates } from "./rate-sampler.ts";

type HeardStreams = ReadonlyMap<number, KnownStream>;

const NOTHING_HEARD: HeardStreams = new Map();

/** Information to collect in addition to the counters of one moment. */
export interface SnapshotOptions {
  /** The streams whose rates are measured; none if left out. */
  readonly ratesOf?: ((streamId: number) => boolean) | undefined;
  /** Collects the messages of producers and drivers about their streams; left out: nothing is requested. */
  readonly hear?: (deployment: Deployment) => Promise<HeardStreams>;
}

export interface DeploymentSnapshot {
  readonly aeronDir: string;
  readonly mediaDriverPid: number;
  readonly deployment: Deployment;
  readonly view: DeploymentView;
  readonly heard: HeardStreams;
}

/** Takes one snapshot of the media driver that has these counters. */
export async function snapshotDeployment(
  aeronDir: string,
  reader: CountersReader,
  { ratesOf, hear }: SnapshotOptions = {},
): Promise<DeploymentSnapshot> {
  const deployment = readDeployment(reader);
  // Past times are compared with this moment, and not with the end of the sampling.
  const [nowNs, nowMs] = [monotonic.toBigint(processNs()), Date.now()];
  const counting =
    ratesOf === undefined
      ? []
      : deployment.roles.filter(({ streamId }) => ratesOf(streamId)).flatMap(({ frames, bytes }) => [frames, bytes]);
  const [rates, heard] = await Promise.all([sampleRates(reader, counting), hear?.(deployment) ?? NOTHING_HEARD]);
  const view = viewOf(deployment, {
    nowNs,
    nowMs,
    // If the lock cannot be probed, only the heartbeat counts.
    isServed: (controlStreamId) => probeLockOr(true, () => ServiceLocks.isServed(aeronDir, controlStreamId)),
    rates,
    heard,
  });
  return { aeronDir, mediaDriverPid: reader.driverPid, deployment, view, heard };
}
