import { NotFoundError } from "../../core/errors.ts";
import { producedStreams } from "../../observe/deployment-view.ts";
import type { DeploymentSnapshot } from "../../observe/snapshot-deployment.ts";
import { DRIVER_COLUMNS, fitting, LEASE_COLUMNS, streamColumns } from "../driver/columns.ts";
import { look } from "../driver/look.ts";
import type { Column, Output } from "../output/output.ts";
import { renderTable } from "../output/table.ts";
import type { LookValues } from "../specs/driver-tools.ts";
import { tool } from "../tool/tool.ts";

/** `ls`: lists the drivers, streams and leases of one media driver. */
export const run = tool<LookValues>(async ({ values, output }) => {
  const found = await look(values, { ratesOf: () => true, ask: producedStreams });
  const { drivers, streams } = found.view;
  if (drivers.length === 0 && streams.length === 0) {
    throw new NotFoundError(
      `a media driver (pid ${found.mediaDriverPid}) lives in ${found.aeronDir}, and no process uses it for frames: ` +
        "no driver, no stream; start `tensorpool driver --stream 10000`, or a producer",
    );
  }
  print(output, found);
});

function print(output: Output, { aeronDir, mediaDriverPid, view }: DeploymentSnapshot): void {
  const { drivers, streams, leases } = view;
  switch (output.format) {
    case "json":
      output.record({ aeronDir, mediaDriverPid, drivers, streams, leases }, []);
      return;
    case "jsonl":
      for (const row of [...drivers, ...streams, ...leases]) output.record(row, []);
      return;
    case "table":
      section(output, DRIVER_COLUMNS, drivers, "no driver: what is here are producers with regions of their own");
      output.line("");
      section(output, streamColumns(streams), streams, "no stream");
      if (leases.length === 0) return;
      output.line("");
      section(output, LEASE_COLUMNS, leases, "");
  }
}

function section<Row>(output: Output, columns: readonly Column<Row>[], rows: readonly Row[], nothing: string): void {
  if (rows.length === 0) output.line(nothing);
  else for (const line of renderTable(fitting(output, columns), rows, output)) output.line(line);
}
