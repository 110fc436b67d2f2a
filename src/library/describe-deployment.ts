import { NotFoundError } from "../core/errors.ts";
import { requireOptions } from "../core/rules.ts";
import { openCounters } from "../observe/deployment.ts";
import type { DeploymentView } from "../observe/deployment-view.ts";
import { snapshotDeployment } from "../observe/snapshot-deployment.ts";
import { aeronDirOf } from "./connect-options.ts";
import { DESCRIBE_DEPLOYMENT } from "./option-rules.ts";

export interface DescribeDeploymentOptions {
  /** Folder of the media driver; AERON_DIR or Aeron's default when left out. */
  readonly aeronDir?: string;
  /** Measures the rates of frames and bytes, which takes half a second; otherwise they are 0. */
  readonly rates?: boolean;
}

/**
 * The drivers, streams, producers, consumers and leases of a media driver, read from its counters, as `tensorpool ls` shows them. Needs no
 * pool, and affects no process. A stream has the name that its driver gives it; a stream without a driver has none.
 * @throws OptionError, NotFoundError if no media driver is alive, CountersError
 */
export async function describeDeployment(options: DescribeDeploymentOptions = {}): Promise<DeploymentView> {
  requireOptions("describeDeployment", DESCRIBE_DEPLOYMENT, options);
  const aeronDir = aeronDirOf(options.aeronDir);
  using reader = openCounters(aeronDir, (cause) => noMediaDriver(aeronDir, cause));
  const { view } = await snapshotDeployment(aeronDir, reader, options.rates === true ? { ratesOf: () => true } : {});
  return view;
}

function noMediaDriver(aeronDir: string, cause: unknown): NotFoundError {
  return new NotFoundError(
    `no media driver lives in ${aeronDir}, so there is no driver and no stream: start a driver, or name another folder as aeronDir`,
    { found: "none", ...(cause === undefined ? {} : { cause }) },
  );
}
