import { basename, dirname } from "node:path";
import type { Palette } from "../../core/colours.ts";
import { printable } from "../../core/text.ts";
import { formatBytes, formatCount, formatDuration } from "../../core/units.ts";
import type { OwnerReport, RegionReport, SlotReport, SlotsReport } from "../../observe/region-report.ts";
import type { Output } from "../output/output.ts";
import { type Column, renderTable, truncate } from "../output/table.ts";

const INDENT = "  ";
/** Most findings shown for a region; the rest is counted. */
const MAX_FINDINGS = 20;

const REGION_COLUMNS: readonly Column<RegionReport>[] = [
  { header: "region", cell: ({ path }) => basename(path) },
  { header: "slots", align: "right", cell: ({ superblock }) => superblock?.nslots },
  {
    header: "slot size",
    align: "right",
    cell: ({ superblock }) => (superblock === null ? null : formatBytes(Number(superblock.slotBytes))),
  },
  { header: "file", align: "right", cell: ({ byteLength }) => formatBytes(byteLength) },
  { header: "in memory", align: "right", cell: ({ allocatedBytes }) => formatBytes(allocatedBytes) },
  { header: "mode", cell: ({ mode }) => mode },
  {
    header: "is",
    cell: verdict,
    paint: (text, { valid }, palette) => (valid ? palette.green(text) : palette.red(text)),
  },
];

const SLOT_COLUMNS: readonly Column<SlotReport>[] = [
  { header: "slot", cell: ({ index }) => index },
  { header: "frame", align: "right", cell: ({ seq }) => seq },
  {
    header: "state",
    cell: ({ state, fault }) => (fault === null ? state : "invalid"),
    paint: (text, { state, fault }, palette) =>
      fault !== null ? palette.red(text) : state === "committed" ? text : palette.yellow(text),
  },
  { header: "dtype", cell: ({ dtype }) => dtype, align: "left" },
  { header: "dims", cell: ({ dims }) => dimsText(dims) },
  { header: "layout", cell: ({ strides, majorOrder }) => layoutText(strides, majorOrder) },
  {
    header: "bytes",
    align: "right",
    cell: ({ byteLength }) => (byteLength === null ? null : formatBytes(byteLength)),
  },
  { header: "pool", align: "right", cell: ({ poolId }) => poolId },
  { header: "age", align: "right", cell: ({ ageNs }) => (ageNs === null ? null : formatDuration(ageNs)) },
];

/** Prints the regions as text: one block per folder, that is, per epoch. */
export function printReports(output: Output, reports: readonly RegionReport[]): void {
  const folders = new Map<string, RegionReport[]>();
  for (const report of reports) {
    const folder = dirname(report.path);
    folders.set(folder, [...(folders.get(folder) ?? []), report]);
  }
  let isFirst = true;
  for (const [folder, regions] of folders) {
    if (!isFirst) output.line("");
    isFirst = false;
    printFolder(output, folder, regions);
  }
}

function printFolder(output: Output, folder: string, regions: readonly RegionReport[]): void {
  const { palette } = output;
  const first = regions.find(({ superblock }) => superblock !== null);
  const title =
    first === undefined ? "no region" : `stream ${first.superblock?.streamId}, epoch ${first.superblock?.epoch}`;
  output.line(palette.bold(title));
  // Paths are meant to be copied, so they are not truncated.
  output.line(`${INDENT}${printable(folder)}`);
  if (first?.owner != null) for (const line of ownerLines(first.owner, palette)) output.line(INDENT + line);
  printTable(output, REGION_COLUMNS, regions);
  for (const { path, slots } of regions) if (slots !== null) printSlots(output, basename(path), slots);
  printFindings(output, regions);
}

function printSlots(output: Output, name: string, slots: SlotsReport): void {
  const counts = [`${formatCount(slots.committed)} committed`, `${formatCount(slots.writing)} writing`];
  counts.push(`${formatCount(slots.empty)} unused`);
  if (slots.torn > 0) counts.push(`${formatCount(slots.torn)} torn`);
  if (slots.invalid > 0) counts.push(output.palette.red(`${formatCount(slots.invalid)} invalid`));
  const shown = slots.newest.length;
  const rest = shown > 0 && shown < slots.readable - slots.empty ? `; newest ${shown}:` : shown > 0 ? ":" : "";
  output.line(`${INDENT}${printable(name)}: ${counts.join(", ")}${rest}`);
  if (shown > 0) printTable(output, SLOT_COLUMNS, slots.newest);
}

function printFindings(output: Output, regions: readonly RegionReport[]): void {
  const { palette } = output;
  for (const { path, findings, slots } of regions) {
    for (const { rule, severity, subject, what, expected, found } of findings.slice(0, MAX_FINDINGS)) {
      const where = subject === basename(path) ? subject : `${basename(path)} ${subject}`;
      const text = printable(`${rule} ${where}: ${what}: expected ${expected}, found ${found}`);
      output.line(`${INDENT}${severity === "breaks" ? palette.red(text) : palette.yellow(text)}`);
    }
    const more = findings.length - MAX_FINDINGS + Math.max(0, (slots?.invalid ?? 0) - slotFindings(findings));
    if (findings.length >= MAX_FINDINGS && more > 0) output.line(`${INDENT}and ${formatCount(more)} more`);
  }
}

function slotFindings(findings: RegionReport["findings"]): number {
  return findings.filter(({ subject }) => subject.startsWith("slot ")).length;
}

function printTable<Row>(output: Output, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const width = output.width === undefined ? undefined : Math.max(20, output.width - INDENT.length);
  for (const line of renderTable(columns, rows, { palette: output.palette, width })) output.line(INDENT + line);
}

function ownerLines(owner: OwnerReport, palette: Palette): string[] {
  const process = owner.command === "" ? `pid ${owner.pid}` : `pid ${owner.pid} (${printable(owner.command)})`;
  const lines = [`owner ${process}: ${ownerText(owner, palette)}`];
  const times: string[] = [];
  if (owner.startedAgeNs !== null) times.push(`made ${formatDuration(owner.startedAgeNs)} ago`);
  if (owner.activityAgeNs !== null) times.push(`last sign of life ${formatDuration(owner.activityAgeNs)} ago`);
  if (owner.mappers.length > 0) times.push(`mapped by ${truncate(owner.mappers.join(", "), 60)}`);
  if (times.length > 0) lines.push(times.join(", "));
  return lines;
}

function ownerText({ state, holdsLock }: OwnerReport, palette: Palette): string {
  if (state === "ended")
    return palette.yellow(holdsLock === true ? "ending in order" : "has ended the stream in order");
  const lock =
    holdsLock === null ? "locks are not shown here" : holdsLock ? "it holds its lock" : "its lock is not seen";
  if (state === "alive") return `${palette.green("alive")}, ${lock}`;
  return state === "dead" ? `${palette.red("dead")}, ${lock}` : `not known to be alive, ${lock}`;
}

function verdict({ valid, findings }: RegionReport): string {
  if (valid) return findings.length === 0 ? "valid" : "valid, see below";
  return "invalid";
}

function dimsText(dims: readonly number[] | null): string | null {
  if (dims === null) return null;
  return dims.length === 0 ? "scalar" : dims.join("x");
}

function layoutText(strides: readonly number[] | null, majorOrder: SlotReport["majorOrder"]): string | null {
  if (majorOrder === null) return null;
  return strides === null ? String(majorOrder) : `${majorOrder} ${strides.join(",")}`;
}
