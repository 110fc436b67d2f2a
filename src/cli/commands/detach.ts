import { randomCorrelationId } from "../../roles/attach-messages.ts";
import { ask } from "../driver/ask.ts";
import { namedLease } from "../driver/lease-arguments.ts";
import { noAnswer, refusedLease } from "../driver/no-answer.ts";
import type { NamedLeaseValues } from "../specs/driver-tools.ts";
import { tool } from "../tool/tool.ts";

/** `detach`: returns a lease on behalf of its holder (D-16). */
export const run = tool<NamedLeaseValues>(async ({ values, positionals, output }) => {
  const { streamId, leaseId, clientId, role } = await namedLease("detach", values, positionals);
  const correlationId = String(randomCorrelationId());
  const answer = await ask(values, {
    name: "ShmDetachRequest",
    fields: { correlationId, leaseId: String(leaseId), streamId, clientId, role: role.toUpperCase() },
    isAnswer: (name, fields) => name === "ShmDetachResponse" && fields.correlationId === correlationId,
  });
  if (answer === null) throw noAnswer(values);
  const code = String(answer.code);
  const message = String(answer.errorMessage);
  output.record({ leaseId: String(leaseId), streamId, clientId, role, code, message }, [
    ["lease", String(leaseId)],
    ["answer", code],
  ]);
  if (code !== "OK") throw await refusedLease(values, leaseId, message);
});
