import { randomCorrelationId } from "../../roles/attach-messages.ts";
import type { CommandContext } from "../command.ts";
import { ask } from "../driver/ask.ts";
import { namedLease } from "../driver/lease-arguments.ts";
import { noAnswer, refusedLease } from "../driver/no-answer.ts";
import { ExitCode } from "../exit.ts";
import { Output, parseOutputFormat } from "../output.ts";

/** `detach`: gives a lease back, as its holder does (D-16). */
export async function run({ options, positionals }: CommandContext): Promise<number> {
  const output = new Output({ format: parseOutputFormat(options.text("output") ?? "table") });
  const { streamId, leaseId, clientId, role } = await namedLease("detach", options, positionals);
  const correlationId = String(randomCorrelationId());
  const answer = await ask(options, {
    name: "ShmDetachRequest",
    fields: { correlationId, leaseId: String(leaseId), streamId, clientId, role: role.toUpperCase() },
    isAnswer: (name, fields) => name === "ShmDetachResponse" && fields.correlationId === correlationId,
  });
  if (answer === null) throw noAnswer(options);
  const code = String(answer.code);
  const message = String(answer.errorMessage);
  output.record({ leaseId: String(leaseId), streamId, clientId, role, code, message }, [
    ["lease", String(leaseId)],
    ["answer", code],
  ]);
  await output.flush();
  if (code === "OK") return ExitCode.DONE;
  return refusedLease(options, leaseId, message);
}
