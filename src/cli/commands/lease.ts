import { NotFoundError, UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { producedStreams } from "../../observe/deployment-view.ts";
import { randomCorrelationId } from "../../roles/attach-messages.ts";
import { tokenOption } from "../driver/admin-token.ts";
import { ask } from "../driver/ask.ts";
import { fitting, LEASE_COLUMNS } from "../driver/columns.ts";
import { leaseArgument } from "../driver/lease-arguments.ts";
import { look } from "../driver/look.ts";
import { noAnswer, refusedLease } from "../driver/no-answer.ts";
import { theStream } from "../driver/resolve-stream.ts";
import { requireStreamText } from "../observe/find-stream.ts";
import type { AdminValues } from "../specs/driver-tools.ts";
import { type ToolContext, tool } from "../tool/tool.ts";

const VERBS: readonly string[] = ["ls", "revoke"];

/** `lease ls|revoke`. */
export const run = tool<AdminValues>(async (context) => {
  const [verb, ...rest] = context.positionals;
  if (verb === "ls") return list(context, rest);
  if (verb === "revoke") return revoke(context, rest);
  const found = verb === undefined ? "nothing" : `"${verb}"`;
  const hint = verb === undefined ? "" : suggestion(verb, VERBS);
  throw new UsageError(`lease: expected one of ${VERBS.join(", ")}, found ${found}${hint}`, {
    expected: VERBS.join(", "),
    found,
  });
});

async function list(
  { values, output }: ToolContext<AdminValues>,
  [stream, ...more]: readonly string[],
): Promise<undefined> {
  if (more.length > 0) throw new UsageError(`lease ls: expected one stream at most, found ${more.length + 1}`);
  if (stream !== undefined) requireStreamText(stream, "lease ls: <stream>");
  const { view, aeronDir } = await look(values, { ask: producedStreams });
  // Leases of a dead driver are no longer valid (D-17).
  if (!view.drivers.some(({ state }) => state !== "dead")) {
    const dead = view.drivers.length === 0 ? "" : " (one that was there is dead)";
    throw new NotFoundError(`no driver lives in ${aeronDir}${dead}: there are no leases; start \`tensorpool driver\``);
  }
  const streamId = stream === undefined ? null : theStream(stream, view.streams).streamId;
  const leases = view.leases.filter((lease) => streamId === null || lease.streamId === streamId);
  output.rows(fitting(output, LEASE_COLUMNS), leases);
}

/** ShmLeaseRevokeRequest: the driver answers with a ShmDetachResponse, and then notifies all clients. */
async function revoke(
  { values, output }: ToolContext<AdminValues>,
  [lease, ...more]: readonly string[],
): Promise<undefined> {
  if (more.length > 0) throw new UsageError(`lease revoke: expected one lease, found ${more.length + 1}`);
  const leaseId = leaseArgument("lease revoke", lease);
  const token = tokenOption("lease revoke", values);
  const correlationId = String(randomCorrelationId());
  const answer = await ask(values, {
    name: "ShmLeaseRevokeRequest",
    fields: { correlationId, leaseId: String(leaseId), token },
    isAnswer: (name, fields) => name === "ShmDetachResponse" && fields.correlationId === correlationId,
  });
  if (answer === null) throw noAnswer(values);
  const code = String(answer.code);
  const message = String(answer.errorMessage);
  output.record({ leaseId: String(leaseId), code, message }, [
    ["lease", String(leaseId)],
    ["answer", code === "OK" ? "OK: revoked" : code],
  ]);
  if (code !== "OK") throw await refusedLease(values, leaseId, message);
}
