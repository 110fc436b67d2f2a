import { formatByteRate, formatCount, formatRate } from "../../core/units.ts";
import type { BridgeView, ConsumerView, LossView, StreamView } from "../../supervision/model/index.ts";
import { bridgeText } from "../driver/bridge-lines.ts";
import type { Column } from "../output/table.ts";

/** A column with its order of removal if not all columns fit: higher values are removed first; 0 is never removed. */
export type TopColumn<Row> = Column<Row> & { readonly dispensable: number };

const NAME_WIDTH = 12;
const MAX_NAME = 28;

export const STREAM_COLUMNS: readonly TopColumn<StreamView>[] = [
  { header: "stream", dispensable: 0, align: "right", minWidth: 6, cell: ({ streamId }) => streamId },
  { header: "name", dispensable: 0, minWidth: NAME_WIDTH, cell: ({ name }) => name?.slice(0, MAX_NAME) },
  {
    header: "state",
    dispensable: 0,
    minWidth: 5,
    cell: ({ state }) => state,
    paint: (text, { state }, palette) =>
      state === "live" ? palette.green(text) : state === "lost" ? palette.red(text) : palette.yellow(text),
  },
  {
    header: "frames/s",
    dispensable: 0,
    align: "right",
    minWidth: 8,
    cell: ({ framesPerSecond }) => rateText(framesPerSecond),
  },
  {
    header: "bytes/s",
    dispensable: 2,
    align: "right",
    minWidth: 9,
    cell: ({ bytesPerSecond }) => (bytesPerSecond === null ? null : formatByteRate(bytesPerSecond)),
  },
  { header: "readers", dispensable: 1, align: "right", minWidth: 7, cell: ({ consumers }) => consumers },
  {
    header: "drops/s",
    dispensable: 0,
    align: "right",
    minWidth: 8,
    cell: ({ dropsPerSecond }) => rateText(dropsPerSecond),
    paint: (text, { dropsPerSecond }, palette) => ((dropsPerSecond ?? 0) > 0 ? palette.yellow(text) : text),
  },
  { header: "drops", dispensable: 3, align: "right", minWidth: 9, cell: ({ drops }) => formatCount(drops) },
  { header: "epochs", dispensable: 5, align: "right", minWidth: 6, cell: ({ restarts }) => restarts + 1 },
  {
    header: "heard",
    dispensable: 4,
    align: "right",
    minWidth: 7,
    cell: ({ lastSignSeconds }) => (lastSignSeconds === null ? null : `${lastSignSeconds.toFixed(1)} s`),
  },
  { header: "pid", dispensable: 6, align: "right", minWidth: 7, cell: ({ pid }) => pid },
];

export const CONSUMER_COLUMNS: readonly TopColumn<ConsumerView>[] = [
  { header: "stream", dispensable: 0, align: "right", minWidth: 6, cell: ({ streamId }) => streamId },
  { header: "consumer", dispensable: 0, align: "right", minWidth: 10, cell: ({ consumerId }) => consumerId },
  {
    header: "mode",
    dispensable: 1,
    minWidth: 9,
    cell: ({ mode, decimation, state, recorded, bridge }) => {
      if (state === "lost") return "lost";
      return bridge === null ? modeText(mode, decimation, recorded !== null) : "bridge";
    },
    paint: (text, { state }, palette) => (state === "lost" ? palette.red(text) : text),
  },
  {
    header: "frames/s",
    dispensable: 0,
    align: "right",
    minWidth: 8,
    cell: ({ framesPerSecond }) => rateText(framesPerSecond),
  },
  {
    header: "accepted",
    dispensable: 4,
    align: "right",
    minWidth: 8,
    cell: ({ acceptedPerSecond }) => rateText(acceptedPerSecond),
  },
  {
    header: "lag",
    dispensable: 2,
    align: "right",
    minWidth: 6,
    cell: ({ lag }) => (lag === null ? null : formatCount(lag)),
  },
  {
    header: "drops/s",
    dispensable: 0,
    align: "right",
    minWidth: 8,
    cell: ({ drops }) => rateText(drops.perSecond),
    paint: (text, { drops }, palette) => ((drops.perSecond ?? 0) > 0 ? palette.yellow(text) : text),
  },
  { header: "drops", dispensable: 3, align: "right", minWidth: 9, cell: ({ drops }) => formatCount(drops.total) },
  { header: "pid", dispensable: 5, align: "right", minWidth: 7, cell: ({ pid }) => pid },
  {
    header: "by cause",
    dispensable: 0,
    minWidth: 8,
    cell: (view) => (view.bridge === null ? causesText(view) : bridgeCauses(view, view.bridge)),
  },
];

/** The columns that fit; the most dispensable ones are removed. */
export function fitting<Row>(columns: readonly TopColumn<Row>[], width: number): readonly TopColumn<Row>[] {
  let fitted = columns;
  const needed = (): number => fitted.reduce((sum, { minWidth = 0 }) => sum + minWidth + 2, -2);
  while (needed() > width) {
    const least = Math.max(...fitted.map(({ dispensable }) => dispensable));
    if (least === 0) break;
    fitted = fitted.filter(({ dispensable }) => dispensable !== least);
  }
  return fitted;
}

/** Causes of loss from the consumer's own counters if they can be read, else from its reports; the largest comes first. */
function causesText({ causes, gap, late }: ConsumerView): string {
  const own: readonly (readonly [string, LossView])[] = Object.entries(causes);
  const known =
    own.length > 0
      ? own
      : ([
          ["gap", gap],
          ["late", late],
        ] as const);
  return known
    .filter(([, { total }]) => total > 0)
    .sort(([, a], [, b]) => b.total - a.total)
    .map(([name, { total }]) => `${name} ${formatCount(total)}`)
    .join(", ");
}

/** The bridge's destination, and the frames lost on the way, on either side. */
function bridgeCauses(view: ConsumerView, bridge: BridgeView): string {
  const { sinkTooSlow: _told, ...own } = view.causes;
  const lost = Object.entries(bridge.losses).filter(([, count]) => count > 0);
  const causes = [
    causesText({ ...view, causes: own }),
    ...lost.map(([cause, count]) => `${cause} ${formatCount(count)}`),
  ];
  return [bridgeText(bridge), ...causes.filter((text) => text !== "")].join(", ");
}

function modeText(mode: string | null, decimation: number | null, isRecording: boolean): string | null {
  if (isRecording) return "records";
  return mode === "decimated" && decimation !== null ? `1 in ${decimation}` : mode;
}

/** Without "/s", which is in the header. */
function rateText(perSecond: number | null): string | null {
  return perSecond === null ? null : formatRate(perSecond).replace(/\s*\/s$/, "");
}
