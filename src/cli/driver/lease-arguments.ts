import { UsageError } from "../../core/errors.ts";
import { MAX_ID } from "../../protocol/ids.ts";
import type { LeaseRole } from "../../protocol/lease-table.ts";
import type { NamedLeaseValues } from "../specs/driver-tools.ts";
import { idArgument } from "../tap/options.ts";
import { resolveStreamId } from "./resolve-stream.ts";

const MAX_LEASE_ID = 2n ** 64n - 2n;

/** The fields that identify a lease in a request. */
export interface NamedLease {
  readonly streamId: number;
  readonly leaseId: bigint;
  readonly clientId: number;
  readonly role: LeaseRole;
}

/** Parses a positional lease id, which exceeds the range of a number. @throws UsageError */
export function leaseArgument(command: string, text: string | undefined): bigint {
  if (text === undefined)
    throw new UsageError(`${command}: <lease> is missing: \`tensorpool lease ls\` lists them`, { expected: "lease" });
  const id = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (id >= 0n && id <= MAX_LEASE_ID) return id;
  const expected = `the id of a lease, a whole number from 0 to ${MAX_LEASE_ID}`;
  throw new UsageError(`${command}: <lease>: expected ${expected}, found "${text}"`, { expected, found: text });
}

/** `STREAM LEASE CLIENT --role ROLE`. @throws UsageError, NotFoundError for a name that no stream has */
export async function namedLease(
  command: string,
  values: NamedLeaseValues,
  [stream, lease, client]: readonly string[],
): Promise<NamedLease> {
  // Errors of the command line are reported before any message is sent.
  const what = `${command}: <stream>`;
  if (stream === undefined) return { ...EMPTY, streamId: await resolveStreamId(values, undefined, what) };
  const leaseId = leaseArgument(command, lease);
  const clientId = idArgument(command, "client", client, MAX_ID);
  const { role } = values;
  return { streamId: await resolveStreamId(values, stream, what), leaseId, clientId, role };
}

const EMPTY: NamedLease = { streamId: 0, leaseId: 0n, clientId: 0, role: "consumer" };
