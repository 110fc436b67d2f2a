import type { Counter } from "../../core/counters.ts";
import { printable } from "../../core/text.ts";
import { formatBytes, formatCount, formatDuration } from "../../core/units.ts";
import type { CounterValues } from "../../observe/deployment.ts";
import type { DriverView, LeaseView, StreamView } from "../../observe/deployment-view.ts";
import type { DeploymentSnapshot } from "../../observe/snapshot-deployment.ts";
import { consumerCounters, producerCounters } from "../../roles/counters.ts";
import { driverCounters } from "../../roles/driver/driver-counters.ts";
import type { Output } from "../output/output.ts";
import { renderTable } from "../output/table.ts";
import { bridgeLines, bridgeText } from "./bridge-lines.ts";
import { ROLE_COLUMNS } from "./columns.ts";

/** Everything known about one stream. */
export interface StreamInfo extends StreamView {
  /** Identity of its data source; null if no producer announced it. */
  readonly dataSource: { readonly name: string; readonly summary: string } | null;
  /** Location of its regions; null if they were not announced. */
  readonly regions: RegionsInfo | null;
  readonly leases: readonly LeaseView[];
  readonly servedBy: DriverView | null;
}

export interface RegionsInfo {
  readonly epoch: string;
  readonly producerId: number;
  readonly layoutVersion: number;
  readonly slots: number;
  readonly headerSlotBytes: number;
  readonly maxDims: number;
  readonly headerRegionUri: string;
  readonly pools: readonly { readonly poolId: number; readonly strideBytes: number; readonly regionUri: string }[];
}

const INDENT = "  ";
/** Counters that are shown elsewhere, or are nonzero for every live role. */
const LEFT_OUT = new Set([
  "bridging",
  "bridged",
  "heartbeatNs",
  "streams",
  "leases",
  "regionBytes",
  "published",
  "accepted",
  "bytes",
]);

export function streamInfoOf(stream: StreamView, { view, heard }: DeploymentSnapshot): StreamInfo {
  const known = heard.get(stream.streamId);
  const announced = known?.announcement ?? null;
  return {
    ...stream,
    dataSource: known?.name == null ? null : { name: known.name, summary: known.summary ?? "" },
    regions:
      announced === null
        ? null
        : {
            epoch: String(announced.epoch),
            producerId: announced.producerId,
            layoutVersion: announced.layoutVersion,
            slots: announced.headerNslots,
            headerSlotBytes: announced.headerSlotBytes,
            maxDims: announced.maxDims,
            headerRegionUri: announced.headerRegionUri,
            pools: announced.pools.map(({ poolId, strideBytes, regionUri }) => ({ poolId, strideBytes, regionUri })),
          },
    leases: view.leases.filter(({ streamId }) => streamId === stream.streamId),
    servedBy:
      view.drivers.find(({ instanceId, state }) => instanceId === stream.driver && state === stream.driverState) ??
      null,
  };
}

export function printInfo(output: Output, info: StreamInfo): void {
  if (output.format !== "table") {
    output.record(info, []);
    return;
  }
  const { palette } = output;
  const line = (text: string): void => output.line(INDENT + text);
  output.line(palette.bold(`stream ${info.streamId}${info.name === null ? "" : ` ${printable(info.name)}`}`));
  line(ownerLine(info));
  line(epochLine(info));
  if (info.dataSource !== null) {
    const { name, summary } = info.dataSource;
    line(`data source ${printable(name)}${summary === "" ? "" : `: ${printable(summary)}`}`);
  }
  if (info.regions === null) line(palette.yellow("no announce of its regions came within half a second"));
  // Paths are meant to be copied, so they are not truncated.
  else for (const text of regionLines(info.regions)) line(text);
  const roles = [...(info.producer === null ? [] : [info.producer]), ...info.consumers];
  output.line("");
  if (roles.length === 0) output.line("no process has a lease on it, or reads it");
  else for (const text of renderTable(ROLE_COLUMNS, roles, output)) output.line(text);
  for (const { role, clientId, bridge } of roles) {
    if (bridge === null) continue;
    output.line("");
    output.line(palette.bold(`bridge ${bridgeText(bridge)}: ${role} ${clientId}`));
    for (const text of bridgeLines(bridge)) line(text);
  }
  for (const role of roles) {
    if (role.counters === null) continue;
    const list = role.role === "producer" ? producerCounters().list : consumerCounters().list;
    printCounters(output, `${role.role} ${role.clientId}`, list, role.counters);
  }
  if (info.servedBy !== null) {
    printCounters(output, `driver ${info.servedBy.instanceId}`, driverCounters().list, info.servedBy.counters);
  }
}

function ownerLine({ driver, servedBy }: StreamInfo): string {
  if (driver === null) return "its producer owns the regions: no driver";
  if (servedBy === null) return `served by driver ${printable(driver)}, which is gone`;
  const { pid, state, controlStreamId, silentNs } = servedBy;
  const process = pid === null ? "" : `pid ${pid}, `;
  const worked = state === "alive" ? "" : `, worked last ${formatDuration(Math.round(silentNs / 1e8) * 1e8)} ago`;
  return `served by driver ${printable(driver)} (${process}${state}${worked}), control stream ${controlStreamId}`;
}

function epochLine({ epoch, regionBytes, retainedEpochs, regions }: StreamInfo): string {
  const parts = [epoch === null ? "no epoch now" : `epoch ${epoch}`];
  if (regions !== null) parts.push(`${regions.slots} slots`, `layout ${regions.layoutVersion}`);
  if (regionBytes !== null) parts.push(`${formatBytes(regionBytes)} in all`);
  if (retainedEpochs !== null) parts.push(`${retainedEpochs} ended epoch(s) retained`);
  return parts.join(", ");
}

function regionLines({ headerRegionUri, pools, slots }: RegionsInfo): string[] {
  return [
    `header ring: ${printable(headerRegionUri)}`,
    ...pools.map(
      ({ poolId, strideBytes, regionUri }) =>
        `pool ${poolId}, ${slots} x ${formatBytes(strideBytes)}: ${printable(regionUri)}`,
    ),
  ];
}

/** Prints the nonzero counters with their descriptions. */
function printCounters(output: Output, title: string, list: readonly Counter[], values: CounterValues): void {
  const told = list.filter(({ name }) => (values[name] ?? 0) > 0 && !LEFT_OUT.has(name));
  if (told.length === 0) return;
  output.line("");
  output.line(output.palette.bold(printable(title)));
  const columns = [
    { header: "", align: "left", cell: ({ name }: Counter) => name },
    { header: "", align: "right", cell: ({ name }: Counter) => formatCount(values[name] ?? 0) },
    { header: "", align: "left", cell: ({ help }: Counter) => help },
  ] as const;
  for (const text of renderTable(columns, told, output).slice(1)) output.line(INDENT + text);
}
