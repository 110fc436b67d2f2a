import { NotFoundError } from "../../core/errors.ts";
import { formatDuration } from "../../core/units.ts";
import { aeronDirOf } from "../config/aeron-dir.ts";
import { streamsOf } from "../role/role-runtime.ts";
import type { ListenValues } from "../specs/common-options.ts";
import { ToolError } from "../tool/tool.ts";
import { ANSWER_TIMEOUT_NS } from "./ask.ts";
import { look } from "./look.ts";

/** The error for a request that no driver answered. */
export function noAnswer(values: ListenValues, timeoutNs = ANSWER_TIMEOUT_NS): NotFoundError {
  const { channel, controlStreamId } = streamsOf(values);
  return new NotFoundError(
    `no driver answered within ${formatDuration(timeoutNs)} on control stream ${controlStreamId} (${channel}) of ` +
      `${aeronDirOf(values)}: \`tensorpool ls\` shows which are there, and whether they live`,
    { expected: "an answer of a driver", found: "none", retryable: true },
  );
}

/** The error for a refused request on a lease, which may not exist. */
export async function refusedLease(values: ListenValues, leaseId: bigint, message: string): Promise<Error> {
  const { deployment } = await look(values);
  const isThere = deployment.leases.some((lease) => lease.leaseId === leaseId);
  return isThere ? new ToolError(message) : new NotFoundError(message);
}
