import { randomCorrelationId } from "../../roles/attach-messages.ts";
import type { CommandContext } from "../command.ts";
import { ask } from "../driver/ask.ts";
import { namedLease } from "../driver/lease-arguments.ts";
import { noAnswer, refusedLease } from "../driver/no-answer.ts";
import type { NamedLeaseValues } from "../driver-tool-commands.ts";
import { ExitCode } from "../exit.ts";
import { Output } from "../output.ts";

/** `detach`: gives a lease back, as its holder does (D-16). */
export async function run({ values, positionals }: CommandContext<NamedLeaseValues>): Promise<number> {
  const output = new Output({ format: values.output });
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
  await output.flush();
  if (code === "OK") return ExitCode.DONE;
  return refusedLease(values, leaseId, message);
}
