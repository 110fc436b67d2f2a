import { subject } from "./support/commands.ts";
import { type Figure, say } from "./support/report.ts";
import { median } from "./support/statistics.ts";
import type { Workspace } from "./support/workspace.ts";

export interface FrameCostOptions {
  /** Batches of 16 frames for each way to fill one. */
  readonly batches: number;
}

type WayName =
  | "inPlace64B"
  | "inPlace640KiB"
  | "inPlace16MiB"
  | "touched64B"
  | "touched16MiB"
  | "copied640KiB"
  | "memcpy640KiB";

const SECTION = "cost in the producer";
const MAX_SIZE_RATIO = 1.2;
const MIN_COPY_SHARE = 0.8;

/** What a frame costs its producer: filled in place at several sizes, copied, and `memcpy` alone. */
export async function frameCost(workspace: Workspace, { batches }: FrameCostOptions): Promise<Figure[]> {
  say("cost of a frame: in place, copied, memcpy alone");
  const place = workspace.place();
  let ways = {} as Record<WayName, readonly number[]>;
  const child = workspace.start(subject("frame-cost", place.aeronDir, place.shmDir, String(batches)), {
    onLine: (line) => {
      ways = (JSON.parse(line) as { ways: typeof ways }).ways;
    },
  });
  await child.succeeded();
  workspace.remove(place);

  const cost = (way: WayName): number => median(ways[way]);
  const figure = (name: string, way: WayName): Figure => ({
    section: SECTION,
    name,
    value: cost(way),
    unit: "ns/frame",
  });
  const sizeRatio = cost("inPlace16MiB") / cost("inPlace64B");
  const copyShare = cost("memcpy640KiB") / cost("copied640KiB");
  return [
    figure("in place, 64 B, 64 slots", "inPlace64B"),
    {
      ...figure("in place, 16 MiB, 64 slots", "inPlace16MiB"),
      ratio: { value: sizeRatio, to: "in place, 64 B" },
      target: { text: `<= ${MAX_SIZE_RATIO}`, met: sizeRatio <= MAX_SIZE_RATIO },
    },
    figure("in place, 640 KiB, 256 slots", "inPlace640KiB"),
    figure("in place, 64 B, one byte written", "touched64B"),
    {
      ...figure("in place, 16 MiB, one byte written", "touched16MiB"),
      ratio: { value: cost("touched16MiB") / cost("touched64B"), to: "64 B, one byte written" },
    },
    {
      ...figure("copied, 640 KiB, 256 slots", "copied640KiB"),
      ratio: { value: copyShare, to: "memcpy's speed" },
      target: { text: `>= ${MIN_COPY_SHARE}`, met: copyShare >= MIN_COPY_SHARE },
    },
    figure("memcpy alone, 640 KiB, same ring", "memcpy640KiB"),
  ];
}
