import type { Palette } from "../../core/colours.ts";
import { formatByteRate, formatBytes, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import type { DriverView, LeaseView, LifeState, RoleView, StreamView } from "../../observe/deployment-view.ts";
import type { BridgeView } from "../../supervision/model/index.ts";
import type { Column, Output } from "../output/output.ts";
import { bridgeText } from "./bridge-lines.ts";

/** A terminal of at least this width shows every column. */
const WIDE = 120;

/** A column that may be omitted on a narrow terminal, so that the others are not truncated; JSON has all of them. */
type SparingColumn<Row> = Column<Row> & { readonly isSpare?: boolean };

export function fitting<Row>(
  { width = Number.POSITIVE_INFINITY }: Pick<Output, "width">,
  columns: readonly SparingColumn<Row>[],
): readonly Column<Row>[] {
  return width >= WIDE ? columns : columns.filter(({ isSpare }) => isSpare !== true);
}

function paintState(text: string, state: LifeState | null, palette: Palette): string {
  if (state === "dead") return palette.red(text);
  return state === "silent" ? palette.yellow(text) : text;
}

export const DRIVER_COLUMNS: readonly SparingColumn<DriverView>[] = [
  { header: "driver", align: "left", cell: ({ instanceId }) => instanceId },
  {
    header: "state",
    align: "left",
    cell: ({ state }) => state,
    paint: (text, { state }, palette) => paintState(text, state, palette),
  },
  { header: "pid", align: "right", cell: ({ pid }) => pid },
  { header: "control", isSpare: true, align: "right", cell: ({ controlStreamId }) => controlStreamId },
  { header: "streams", align: "right", cell: ({ streams }) => streams },
  { header: "leases", align: "right", cell: ({ leases }) => leases },
  { header: "memory", align: "right", cell: ({ regionBytes }) => formatBytes(regionBytes) },
  { header: "worked", align: "right", cell: ({ silentNs }) => `${formatDuration(roundedNs(silentNs))} ago` },
];

const STREAM_COLUMNS: readonly SparingColumn<StreamView>[] = [
  { header: "stream", align: "right", cell: ({ streamId }) => streamId },
  { header: "name", align: "left", cell: ({ name }) => name },
  {
    header: "producer",
    align: "right",
    cell: ({ producer }) => (producer === null ? null : who(producer)),
    paint: (text, { producer }, palette) => paintState(text, producer?.state ?? null, palette),
  },
  { header: "pid", isSpare: true, align: "right", cell: ({ producer }) => producer?.pid },
  { header: "consumers", align: "right", cell: ({ consumers }) => consumers.length },
  { header: "frames/s", align: "right", cell: (stream) => ifCounted(stream, formatRate(stream.framesPerSecond)) },
  { header: "bytes/s", align: "right", cell: (stream) => ifCounted(stream, formatByteRate(stream.bytesPerSecond)) },
  { header: "dropped", align: "right", cell: ({ dropped }) => formatCount(dropped) },
  { header: "lost", align: "right", cell: ({ lost }) => formatCount(lost) },
  {
    header: "owner",
    isSpare: true,
    align: "left",
    cell: ownerText,
    paint: (text, { driverState }, palette) => paintState(text, driverState, palette),
  },
  {
    header: "memory",
    isSpare: true,
    align: "right",
    cell: ({ regionBytes }) => (regionBytes === null ? null : formatBytes(regionBytes)),
  },
  { header: "epoch", isSpare: true, align: "right", cell: ({ epoch }) => epoch },
];

/** Includes a column of bridges if there are any. */
export function streamColumns(streams: readonly StreamView[]): readonly SparingColumn<StreamView>[] {
  return streams.some((stream) => bridgesOf(stream).length > 0)
    ? [
        ...STREAM_COLUMNS,
        { header: "bridge", align: "left", cell: (stream) => bridgesOf(stream).map(bridgeText).join(", ") },
      ]
    : STREAM_COLUMNS;
}

function bridgesOf({ producer, consumers }: StreamView): BridgeView[] {
  return [...(producer === null ? [] : [producer]), ...consumers].flatMap(({ bridge }) =>
    bridge === null ? [] : [bridge],
  );
}

export const LEASE_COLUMNS: readonly SparingColumn<LeaseView>[] = [
  { header: "lease", align: "right", cell: ({ leaseId }) => leaseId },
  { header: "stream", align: "right", cell: ({ streamId }) => streamId },
  { header: "name", isSpare: true, align: "left", cell: ({ name }) => name },
  { header: "role", align: "left", cell: ({ role }) => role },
  { header: "client", align: "right", cell: ({ clientId }) => clientId },
  { header: "pid", align: "right", cell: ({ pid }) => pid },
  { header: "age", align: "right", cell: ({ ageNs }) => formatDuration(roundedNs(ageNs)) },
  {
    header: "expires",
    align: "right",
    cell: expiryText,
    paint: (text, { expiresInNs }, palette) => (expiresInNs === null || expiresInNs < 0 ? palette.red(text) : text),
  },
];

export const ROLE_COLUMNS: readonly Column<RoleView>[] = [
  {
    header: "role",
    align: "left",
    cell: ({ role, counters, bridge }) => {
      if (bridge !== null) return `${role}, bridge ${bridgeText(bridge)}`;
      return (counters?.recording ?? 0) > 0 ? `${role}, records` : role;
    },
  },
  {
    header: "client",
    align: "right",
    cell: who,
    paint: (text, { state }, palette) => paintState(text, state, palette),
  },
  { header: "pid", align: "right", cell: ({ pid }) => pid },
  { header: "lease", align: "right", cell: ({ leaseId }) => leaseId },
  {
    header: "frames/s",
    align: "right",
    cell: ({ counters, framesPerSecond }) => (counters === null ? null : formatRate(framesPerSecond)),
  },
  {
    header: "bytes/s",
    align: "right",
    cell: ({ counters, bytesPerSecond }) => (counters === null ? null : formatByteRate(bytesPerSecond)),
  },
  {
    header: "frames",
    align: "right",
    cell: ({ counters }) => (counters === null ? null : formatCount(counters.published ?? counters.accepted ?? 0)),
  },
  { header: "lost", align: "right", cell: ({ counters, lost }) => (counters === null ? null : formatCount(lost)) },
];

/** "17 (silent)": a process that is not known to be alive is marked. */
function who({ clientId, state }: RoleView): string {
  return state === "alive" ? String(clientId) : `${clientId} (${state})`;
}

function ownerText({ driver, driverState }: StreamView): string {
  if (driver === null) return "producer";
  return driverState === "alive" ? driver : `${driver} (${driverState})`;
}

function ifCounted({ producer }: StreamView, text: string): string | null {
  return producer?.counters == null ? null : text;
}

function expiryText({ expiresInNs }: LeaseView): string {
  if (expiresInNs === null) return "driver dead";
  return expiresInNs < 0 ? "expired" : `in ${formatDuration(roundedNs(expiresInNs))}`;
}

/** Rounds a duration to tenths of a second, or to milliseconds below 100 ms: nanoseconds are of no use. */
function roundedNs(ns: number): number {
  return ns < 100e6 ? Math.round(ns / 1e6) * 1e6 : Math.round(ns / 100e6) * 100e6;
}
