import { NotFoundError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { formatDuration } from "../../core/units.ts";
import { aeronDirOf } from "../aeron-dir.ts";
import type { ListenValues } from "../common-options.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import { streamsOf } from "../role-runtime.ts";
import { ANSWER_PATIENCE_NS } from "./ask.ts";
import { look } from "./look.ts";

/** No driver has answered. */
export function noAnswer(values: ListenValues, timeoutNs = ANSWER_PATIENCE_NS): NotFoundError {
  const { channel, controlStreamId } = streamsOf(values);
  return new NotFoundError(
    `no driver answered within ${formatDuration(timeoutNs)} on control stream ${controlStreamId} (${channel}) of ` +
      `${aeronDirOf(values)}: \`tensorpool ls\` shows which are there, and whether they live`,
    { expected: "an answer of a driver", found: "none", retryable: true },
  );
}

/** The driver refused what was to be done with a lease. @throws NotFoundError when there is no such lease */
export async function refusedLease(values: ListenValues, leaseId: bigint, message: string): Promise<number> {
  const { deployment } = await look(values);
  if (!deployment.leases.some((lease) => lease.leaseId === leaseId)) throw new NotFoundError(message);
  printError(`tensorpool: ${printable(message)}`);
  return ExitCode.FAILED;
}
