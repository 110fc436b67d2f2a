import { startJob } from "./stream-run.ts";
import type { RoleReport } from "./worker/jobs.ts";
import type { Workspace } from "./workspace.ts";

const PAYLOAD_BYTES = 64;
const SLOTS = 1024;
/** Frames beyond the measured ones, so that neither side reaches the end between the marks. */
const SPARE_FRAMES = 200_000;

/** Makes the engine log its collections. Bun's own timer, which triggers a collection from time to time, is off. */
export const COLLECTION_LOG = { BUN_JSC_logGC: "1", BUN_GC_TIMER_DISABLE: "1" } as const;
/** Disables collection, so that the growth of the heap equals the allocations. */
export const NO_COLLECTIONS = { BUN_JSC_useGC: "0", BUN_GC_TIMER_DISABLE: "1" } as const;

/** The log line of BUN_JSC_logGC=1 at the start of a collection. */
const COLLECTION_BEGINS = /\[GC<\w*>: START/g;

export interface AllocationOptions {
  readonly warmUpFrames: number;
  readonly frames: number;
  /** Both sides allocate an object per frame on purpose. */
  readonly leak?: boolean;
}

/** The allocations of one side between its marks. */
export interface SideAllocation {
  readonly frames: number;
  /** Collections that were started; only with COLLECTION_LOG. */
  readonly collections: number;
  /** Growth of the heap's capacity; meaningful only with NO_COLLECTIONS. */
  readonly heapGrowthBytes: number;
}

export interface Allocation {
  readonly producer: SideAllocation;
  readonly consumer: SideAllocation;
}

/** Sends frames of 64 B under `--flow wait` between two processes that run with `env`. */
export async function runAllocation(
  workspace: Workspace,
  env: Readonly<Record<string, string>>,
  { warmUpFrames, frames, leak = false }: AllocationOptions,
): Promise<Allocation> {
  const { aeronDir, shmDir, ...place } = workspace.place();
  const marks = { warmUpFrames, frames };
  const role = { aeronDir, shmDir, idle: "backoff", streamId: 1, payloadBytes: PAYLOAD_BYTES, marks, leak } as const;
  const producer = startJob<RoleReport>(
    workspace,
    {
      kind: "producer",
      ...role,
      embedded: true,
      slots: SLOTS,
      fill: "copy",
      flow: "wait",
      frames: warmUpFrames + frames + SPARE_FRAMES,
      seconds: null,
      rateHz: null,
      consumers: 1,
    },
    { env },
  );
  const consumer = startJob<RoleReport>(
    workspace,
    { kind: "consumer", ...role, embedded: false, reads: "all" },
    { env },
  );
  await Promise.all([producer.report, consumer.report]);
  await Promise.all([producer.child.ended, consumer.child.ended]);
  workspace.remove({ aeronDir, shmDir, ...place });
  return { producer: betweenMarks(producer.child.errors), consumer: betweenMarks(consumer.child.errors) };
}

/** The allocations of one side between its marks, parsed from its standard error. */
export function betweenMarks(lines: readonly string[]): SideAllocation {
  const begin = markIn(lines, "MARK begin ");
  const end = markIn(lines, "MARK end ");
  return {
    frames: end.frames,
    collections: lines.slice(begin.index, end.index).join("\n").match(COLLECTION_BEGINS)?.length ?? 0,
    heapGrowthBytes: end.heapCapacityBytes - begin.heapCapacityBytes,
  };
}

function markIn(lines: readonly string[], text: string): { index: number; frames: number; heapCapacityBytes: number } {
  // The collector's log may leave its last line unterminated, so a mark may follow it on the same line.
  const index = lines.findIndex((line) => line.includes(text));
  const line = lines[index];
  if (line === undefined) throw new Error(`expected a line with "${text}", found ${lines.length} lines without it`);
  const { frames, heapCapacityBytes } = JSON.parse(line.slice(line.indexOf(text) + text.length)) as {
    frames: number;
    heapCapacityBytes: number;
  };
  return { index, frames, heapCapacityBytes };
}
