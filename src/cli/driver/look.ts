import type { CountersReader } from "../../aeron/counters-reader.ts";
import { NotFoundError } from "../../core/errors.ts";
import { type Deployment, openCounters } from "../../observe/deployment.ts";
import { type DeploymentSnapshot, snapshotDeployment } from "../../observe/snapshot-deployment.ts";
import { aeronDirOf } from "../config/aeron-dir.ts";
import type { ListenValues } from "../specs/common-options.ts";
import { hearStreams } from "./hear-streams.ts";

/** Opens the counters of the media driver in this folder. @throws NotFoundError if none is running there, CountersError */
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

/** What to collect in addition to one snapshot of the counters. */
export interface Looking {
  /** Selects the streams whose rates are measured; none if omitted. */
  readonly ratesOf?: (streamId: number) => boolean;
  /** Selects the streams that are asked for their names and regions. */
  readonly ask?: (deployment: Deployment) => readonly number[];
}

/** Takes one snapshot of the media driver that the options name. @throws NotFoundError if none is running */
export async function look(values: ListenValues, { ratesOf, ask }: Looking = {}): Promise<DeploymentSnapshot> {
  const aeronDir = aeronDirOf(values);
  using reader = openDriverCounters(aeronDir);
  return await snapshotDeployment(aeronDir, reader, {
    ratesOf,
    hear: async (deployment) => hearStreams(values, ask?.(deployment) ?? [], { announcement: true, name: true }),
  });
}
