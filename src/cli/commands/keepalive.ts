import { monotonic } from "../../aeron/monotonic.ts";
import { processNs } from "../../core/clock.ts";
import { NotFoundError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { formatDuration } from "../../core/units.ts";
import { readDeployment, type SeenLease } from "../../observe/deployment.ts";
import { aeronDirOf } from "../config/aeron-dir.ts";
import { ask } from "../driver/ask.ts";
import { type NamedLease, namedLease } from "../driver/lease-arguments.ts";
import { openDriverCounters } from "../driver/look.ts";
import type { NamedLeaseValues } from "../specs/driver-tools.ts";
import { ToolError, tool } from "../tool/tool.ts";

/** Drivers process and report a keepalive immediately. */
const TIMEOUT_NS = 500e6;
const LOOK_PERIOD_MS = 2;

/** `keepalive`: sends one keepalive and checks whether it extended the lease; drivers send no answer (D-11). */
export const run = tool<NamedLeaseValues>(async ({ values, positionals, output }) => {
  const named = await namedLease("keepalive", values, positionals);
  const { leaseId, streamId, clientId, role } = named;
  using reader = openDriverCounters(aeronDirOf(values));
  const { leases } = readDeployment(reader);
  const lease = leases.find((candidate) => candidate.leaseId === leaseId);
  if (lease === undefined) throw noSuchLease(leaseId, leases);
  await ask(values, {
    name: "ShmLeaseKeepalive",
    fields: {
      leaseId: String(leaseId),
      streamId,
      clientId,
      role: role.toUpperCase(),
      clientTimestampNs: String(monotonic.toBigint(processNs())),
    },
  });
  const endNs = processNs() + TIMEOUT_NS;
  let expiresNs: bigint | null = lease.expiresNs;
  // The holder's own keepalives extend the lease too, so a keepalive that does not match it is not checked: it extends nothing.
  const fault = mismatch(named, lease);
  while (fault === null && expiresNs === lease.expiresNs && processNs() < endNs) {
    await Bun.sleep(LOOK_PERIOD_MS);
    expiresNs = reader.valueOf(lease.record);
  }
  const isExtended = fault === null && expiresNs !== null && expiresNs > lease.expiresNs;
  const expiresInNs = expiresNs === null ? null : Number(expiresNs - monotonic.toBigint(processNs()));
  output.record({ leaseId: String(leaseId), streamId, clientId, role, extended: isExtended, expiresInNs }, [
    ["lease", String(leaseId)],
    ["extended", isExtended ? "yes" : "no"],
    ["expires", expiresInNs === null ? "it has ended" : `in ${formatDuration(Math.max(0, expiresInNs))}`],
  ]);
  if (!isExtended) throw new ToolError(`keepalive: ${fault ?? `the driver did not extend lease ${leaseId}`}`);
});

/** The reason that a driver ignores the keepalive (D-11); null if there is none. */
function mismatch({ streamId, clientId, role }: NamedLease, lease: SeenLease): string | null {
  if (streamId === lease.streamId && clientId === lease.clientId && role === lease.role) return null;
  return `lease ${lease.leaseId} is that of ${lease.role} ${lease.clientId} on stream ${lease.streamId}, not of ${role} ${clientId} on ${streamId}: a driver ignores that`;
}

function noSuchLease(leaseId: bigint, leases: readonly SeenLease[]): NotFoundError {
  const ids = leases.map((lease) => String(lease.leaseId));
  const there = ids.length === 0 ? "there are none" : "`tensorpool lease ls` shows those that are there";
  return new NotFoundError(
    `no lease ${leaseId} lives (it has ended, or never was): ${there}${suggestion(String(leaseId), ids)}`,
  );
}
