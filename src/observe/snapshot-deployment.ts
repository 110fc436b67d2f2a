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

/** What to look at beside the counters of one moment. */
export interface SnapshotOptions {
  /** The streams whose rates are wanted; left out: none. */
  readonly ratesOf?: ((streamId: number) => boolean) | undefined;
  /** What producers and drivers say of their streams themselves; left out: nothing is asked. */
  readonly hear?: (deployment: Deployment) => Promise<HeardStreams>;
}

export interface DeploymentSnapshot {
  readonly aeronDir: string;
  readonly mediaDriverPid: number;
  readonly deployment: Deployment;
  readonly view: DeploymentView;
  readonly heard: HeardStreams;
}

/** Looks at the media driver whose counters these are, once. */
export async function snapshotDeployment(
  aeronDir: string,
  reader: CountersReader,
  { ratesOf, hear }: SnapshotOptions = {},
): Promise<DeploymentSnapshot> {
  const deployment = readDeployment(reader);
  // What is counted in the past is compared with this moment, and not with the end of the sampling.
  const [nowNs, nowMs] = [monotonic.toBigint(processNs()), Date.now()];
  const counting =
    ratesOf === undefined
      ? []
      : deployment.roles.filter(({ streamId }) => ratesOf(streamId)).flatMap(({ frames, bytes }) => [frames, bytes]);
  const [rates, heard] = await Promise.all([sampleRates(reader, counting), hear?.(deployment) ?? NOTHING_HEARD]);
  const view = viewOf(deployment, {
    nowNs,
    nowMs,
    // Where that cannot be seen, the heartbeat has to do.
    isServed: (controlStreamId) => probeLockOr(true, () => ServiceLocks.isServed(aeronDir, controlStreamId)),
    rates,
    heard,
  });
  return { aeronDir, mediaDriverPid: reader.driverPid, deployment, view, heard };
}
