import type { CountersReader } from "../../aeron/counters-reader.ts";
import { NotFoundError } from "../../core/errors.ts";
import { type Deployment, openCounters } from "../../observe/deployment.ts";
import { type DeploymentSnapshot, snapshotDeployment } from "../../observe/snapshot-deployment.ts";
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

/** What to look at beside the counters of one moment. */
export interface Looking {
  /** The streams whose rates are wanted; left out: none. */
  readonly ratesOf?: (streamId: number) => boolean;
  /** The streams to ask for their names and regions. */
  readonly ask?: (deployment: Deployment) => readonly number[];
}

/** Looks at the media driver that the options name, once. @throws NotFoundError where none lives */
export async function look(values: ListenValues, { ratesOf, ask }: Looking = {}): Promise<DeploymentSnapshot> {
  const aeronDir = aeronDirOf(values);
  using reader = openDriverCounters(aeronDir);
  return await snapshotDeployment(aeronDir, reader, {
    ratesOf,
    hear: async (deployment) => hearStreams(values, ask?.(deployment) ?? [], { announcement: true, name: true }),
  });
}
