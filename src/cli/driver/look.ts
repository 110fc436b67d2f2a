import type { CountersReader } from "../../aeron/counters-reader.ts";
import { monotonic } from "../../aeron/monotonic.ts";
import { probeLockOr, ServiceLocks } from "../../aeron/service-locks.ts";
import { processNs } from "../../core/clock.ts";
import { NotFoundError } from "../../core/errors.ts";
import { type Deployment, openCounters, readDeployment } from "../../observe/deployment.ts";
import { type DeploymentView, viewOf } from "../../observe/deployment-view.ts";
import type { KnownStream } from "../../observe/known-streams.ts";
import { sampleRates } from "../../observe/rate-sampler.ts";
import { aeronDirOf } from "../config/aeron-dir.ts";
import type { ListenValues } from "../specs/common-options.ts";
import { hearStreams } from "./hear-streams.ts";

/** The counters of the media driver that lives in this folder. @throws NotFoundError when none lives there, CountersError */
export function openDriverCounters(aeronDir: string): CountersReader {
  return openCounters(
    aeronDir,
    (cause) =>
      new NotFoundError(
        `no media driver lives in ${aeronDir}, so there is no driver and no stream: start \`tensorpool driver\`, or name another folder with --aeron-dir`,
        { found: "none", ...(cause === undefined ? {} : { cause }) },
      ),
  );
}

const NOTHING_HEARD: ReadonlyMap<number, KnownStream> = new Map();

/** What to look at beside the counters of one moment. */
export interface Looking {
  /** The streams whose rates are wanted; left out: none. */
  readonly ratesOf?: (streamId: number) => boolean;
  /** The streams to ask for their names and regions. */
  readonly ask?: (deployment: Deployment) => readonly number[];
}

export interface Look {
  readonly aeronDir: string;
  readonly mediaDriverPid: number;
  readonly deployment: Deployment;
  readonly view: DeploymentView;
  readonly heard: ReadonlyMap<number, KnownStream>;
}

/** Looks at the media driver that the options name, once. @throws NotFoundError where none lives */
export async function look(values: ListenValues, { ratesOf, ask }: Looking = {}): Promise<Look> {
  const aeronDir = aeronDirOf(values);
  using reader = openDriverCounters(aeronDir);
  const deployment = readDeployment(reader);
  // What is counted in the past is compared with this moment, and not with the end of the sampling.
  const [nowNs, nowMs] = [monotonic.toBigint(processNs()), Date.now()];
  const counting =
    ratesOf === undefined
      ? []
      : deployment.roles.filter(({ streamId }) => ratesOf(streamId)).flatMap(({ frames, bytes }) => [frames, bytes]);
  const asked = ask?.(deployment) ?? [];
  const [rates, heard] = await Promise.all([
    sampleRates(reader, counting),
    asked.length === 0 ? NOTHING_HEARD : hearStreams(values, asked, { announcement: true, name: true }),
  ]);
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
