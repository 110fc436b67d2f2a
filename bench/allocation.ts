import {
  type Allocation,
  type AllocationOptions,
  COLLECTION_LOG,
  NO_COLLECTIONS,
  runAllocation,
  type SideAllocation,
} from "./support/allocation-run.ts";
import { type Figure, say } from "./support/report.ts";
import type { Workspace } from "./support/workspace.ts";

const SECTION = "allocation, 64 B";
const SIDES = ["producer", "consumer"] as const;

/**
 * What both sides allocate per frame, in two ways: collections that began while the frames went by, and growth of a heap that
 * is never collected. (The heap's size as such moves only at a collection and proves nothing.)
 */
export async function allocation(workspace: Workspace, options: AllocationOptions): Promise<Figure[]> {
  say(`allocation: collections during ${options.frames / 1e6} million frames`);
  const collected = await runAllocation(workspace, COLLECTION_LOG, options);
  say(`allocation: growth of a heap without collections over ${options.frames / 1e6} million frames`);
  const grown = await runAllocation(workspace, NO_COLLECTIONS, options);
  return SIDES.flatMap((side) => [collectionsOf(side, collected), growthOf(side, grown)]);
}

function collectionsOf(side: keyof Allocation, allocation: Allocation): Figure {
  const { collections, frames } = allocation[side];
  const target = { text: "0", met: collections === 0 };
  return {
    section: SECTION,
    name: `${side}: collections in ${millions(frames)}`,
    value: collections,
    unit: "",
    target,
  };
}

function growthOf(side: keyof Allocation, allocation: Allocation): Figure {
  const { heapGrowthBytes, frames }: SideAllocation = allocation[side];
  const value = heapGrowthBytes / frames;
  return { section: SECTION, name: `${side}: heap growth over ${millions(frames)}`, value, unit: "bytes/frame" };
}

function millions(frames: number): string {
  return `${(frames / 1e6).toFixed(1)} M frames`;
}
