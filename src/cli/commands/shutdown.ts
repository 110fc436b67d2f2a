import { ServiceLocks } from "../../aeron/service-locks.ts";
import { processNs } from "../../core/clock.ts";
import { randomCorrelationId } from "../../roles/attach-messages.ts";
import { aeronDirOf } from "../config/aeron-dir.ts";
import { tokenOption } from "../driver/admin-token.ts";
import { ask } from "../driver/ask.ts";
import { look } from "../driver/look.ts";
import { noAnswer } from "../driver/no-answer.ts";
import { ExitCode } from "../exit.ts";
import { streamsOf } from "../role/role-runtime.ts";
import type { ShutdownValues } from "../specs/driver-tools.ts";
import { ToolError, tool } from "../tool/tool.ts";

const LOOK_PERIOD_MS = 5;

/** `shutdown`: requests the driver's shutdown (D-20) and waits until it has ended. */
export const run = tool<ShutdownValues>(async ({ values, output }) => {
  const token = tokenOption("shutdown", values);
  const waitNs = values.timeout;
  const why = values.why ?? "";
  const aeronDir = aeronDirOf(values);
  const { controlStreamId } = streamsOf(values);
  const before = await refusedSoFar(values, controlStreamId);
  const answer = await ask(values, {
    name: "ShmDriverShutdownRequest",
    fields: { correlationId: String(randomCorrelationId()), reason: "ADMIN", token, errorMessage: why },
    isAnswer: (name) => name === "ShmDriverShutdown",
  });
  if (answer === null) {
    // A driver does not answer a request with a wrong token; it only counts it.
    if ((await refusedSoFar(values, controlStreamId)) === before) throw noAnswer(values);
    throw new ToolError(
      "the driver ignores the request: the token is wrong, or the driver has none (policies.shutdown_token); pass the token of its settings",
    );
  }
  const hasEnded = await endOf(aeronDir, controlStreamId, waitNs);
  const reason = String(answer.reason);
  output.record({ controlStreamId, reason, message: String(answer.errorMessage), ended: hasEnded }, [
    ["driver", `control stream ${controlStreamId}: shuts down (${reason})`],
    ["ended", hasEnded ? "yes" : "not yet"],
  ]);
  return hasEnded ? ExitCode.DONE : ExitCode.FAILED;
});

/** Unauthorised administrative requests that the driver has counted; 0 if no driver is visible. */
async function refusedSoFar(values: ShutdownValues, controlStreamId: number): Promise<number> {
  const { view } = await look(values);
  const driver = view.drivers.find((one) => one.controlStreamId === controlStreamId && one.state !== "dead");
  return driver?.counters.requestsUnauthorised ?? 0;
}

async function endOf(aeronDir: string, controlStreamId: number, waitNs: number): Promise<boolean> {
  const endNs = processNs() + waitNs;
  while (ServiceLocks.isServed(aeronDir, controlStreamId)) {
    if (processNs() > endNs) return false;
    await Bun.sleep(LOOK_PERIOD_MS);
  }
  return true;
}
