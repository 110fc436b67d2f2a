import { NotFoundError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { formatBytes, formatDuration } from "../../core/units.ts";
import { type Grant, LeaseHolder } from "../../observe/lease-holder.ts";
import type { LeaseRole } from "../../protocol/lease-table.ts";
import { AttachError } from "../../roles/errors.ts";
import { toolIdle } from "../driver/hear-streams.ts";
import { look } from "../driver/look.ts";
import { resolveStreamId } from "../driver/resolve-stream.ts";
import { listed } from "../inspect/locate.ts";
import { requireStreamText } from "../observe/find-stream.ts";
import { printError } from "../output/console.ts";
import type { Output } from "../output/output.ts";
import type { AttachValues } from "../specs/driver-tools.ts";
import { tool } from "../tool/tool.ts";
import { ToolRuntime } from "../tool/tool-runtime.ts";

/** A visible driver gets more time to answer, because its regions may be large. */
const SEEN_TIMEOUT_NS = 5e9;
const UNSEEN_TIMEOUT_NS = 700e6;

/** `attach`: requests a lease as a client does, prints the grant and holds the lease. */
export const run = tool<AttachValues>(async ({ values, positionals, output }) => {
  const what = "attach: <stream>";
  requireStreamText(positionals[0], what);
  const { role, clientId } = values;
  const attachTimeoutNs = values.attachTimeout ?? (await patience(values));
  const streamId = await resolveStreamId(values, positionals[0], what);
  using runtime = new ToolRuntime(values, "attach", { output, idle: toolIdle() });
  const rows = output.stream<unknown>([]);
  const holder = new LeaseHolder(
    runtime.connection,
    runtime.streams,
    { streamId, role, attachTimeoutNs, ...(clientId === undefined ? {} : { clientId }) },
    {
      onGranted: (grant) => {
        if (output.format === "table") print(output, role, grant);
        else rows.row(jsonOf(role, grant));
        if (values.once) runtime.stop("once is enough");
        else if (!values.quiet) printError("held until Ctrl-C, with keepalives; then it is given back");
      },
      onFailed: (error) => runtime.fail(error),
    },
  );
  try {
    return await runtime.run(holder);
  } catch (error) {
    throw error instanceof AttachError ? await withNeighbours(error, values, streamId) : error;
  }
});

/** If the driver refuses because it has no such stream, adds the list of its streams to the error. */
async function withNeighbours(error: AttachError, values: AttachValues, streamId: number): Promise<Error> {
  if (error.code !== "refused") return error;
  const { view } = await look(values);
  if (view.streams.some((stream) => stream.streamId === streamId && stream.driver !== null)) return error;
  const there = view.streams.filter(({ driver }) => driver !== null).map((stream) => String(stream.streamId));
  const rest = there.length === 0 ? "" : `; there are ${listed(there)}${suggestion(String(streamId), there)}`;
  return new NotFoundError(`${error.message}${rest}`, { cause: error });
}

async function patience(values: AttachValues): Promise<number> {
  const { view } = await look(values);
  return view.drivers.some(({ state }) => state !== "dead") ? SEEN_TIMEOUT_NS : UNSEEN_TIMEOUT_NS;
}

function print(output: Output, role: LeaseRole, { leaseId, clientId, durationNs, announcement }: Grant): void {
  const { streamId, epoch, layoutVersion, headerNslots, headerRegionUri, pools } = announcement;
  output.record({}, [
    ["lease", String(leaseId)],
    ["stream", streamId],
    ["role", role],
    ["client", clientId],
    ["epoch", String(epoch)],
    ["expires", `${formatDuration(Math.round(durationNs / 1e6) * 1e6)} after the last keepalive`],
    ["layout", `version ${layoutVersion}, ${headerNslots} slots`],
  ]);
  // Paths are meant to be copied, so they are not truncated.
  output.line(`header ring: ${headerRegionUri}`);
  for (const { poolId, strideBytes, regionUri } of pools) {
    output.line(`pool ${poolId}, ${headerNslots} x ${formatBytes(strideBytes)}: ${regionUri}`);
  }
}

function jsonOf(role: LeaseRole, { leaseId, clientId, durationNs, announcement }: Grant): unknown {
  const { streamId, epoch, layoutVersion, headerNslots, headerSlotBytes, maxDims, headerRegionUri, pools } =
    announcement;
  return {
    leaseId: String(leaseId),
    streamId,
    role,
    clientId,
    epoch: String(epoch),
    durationNs,
    layoutVersion,
    headerNslots,
    headerSlotBytes,
    maxDims,
    headerRegionUri,
    pools,
  };
}
