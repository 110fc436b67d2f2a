import { Random } from "../fuzz/random.ts";

/** Something that is done to the roles. */
export type Fault =
  | { readonly kind: "kill" | "end"; readonly target: string; readonly restartAfterMs: number }
  | { readonly kind: "stop"; readonly target: string; readonly forMs: number }
  | { readonly kind: "flood"; readonly streamId: number; readonly forMs: number; readonly seed: number }
  | { readonly kind: "fill"; readonly forMs: number };

export interface Step {
  readonly atMs: number;
  readonly fault: Fault;
}

/** Everything is undisturbed at first, so that what a healthy role needs is known. */
export const WARM_UP_MS = 20_000;
/** Faults come in bursts; between them all roles have to recover. */
const CALM_MS = { least: 8000, more: 3000 };
const BURST_FAULTS = 6;
const BURST_GAP_MS = 2500;
const RESTART_MS = 3000;
const STOP_MS = { least: 100, factor: 200 };
const FLOOD_MS = { least: 500, more: 4000 };
const FILL_MS = { least: 500, more: 5000 };
/** Aeron streams: control twice, because most is read there. */
const FLOODED_STREAMS = [1000, 1000, 1100, 1200, 1300];

export const FAULT_KINDS = ["kill", "end", "stop", "flood", "fill"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** The faults of a run, which follow from the seed. Those of other kinds than `kinds` are left out, and the others stay as they are. */
export function scheduleOf(
  seed: number,
  minutes: number,
  targets: readonly string[],
  kinds: readonly FaultKind[],
): readonly Step[] {
  const random = new Random(seed);
  const endMs = minutes * 60_000;
  const steps: Step[] = [];
  for (let atMs = WARM_UP_MS; ; ) {
    const burst = burstAt(atMs, random, targets);
    atMs = Math.max(...burst.map(endOf)) + CALM_MS.least + random.below(CALM_MS.more);
    if (atMs > endMs) return steps;
    steps.push(...burst.filter(({ fault }) => kinds.includes(fault.kind)));
  }
}

/** Milliseconds at which the disturbance is over. */
function endOf({ atMs, fault }: Step): number {
  return atMs + ("forMs" in fault ? fault.forMs : fault.restartAfterMs);
}

function burstAt(startMs: number, random: Random, targets: readonly string[]): Step[] {
  const count = 1 + random.below(BURST_FAULTS);
  const left = [...targets];
  // A role that starts may be refused where there is no room: roles are not ended while /dev/shm is full.
  const isFull = random.oneIn(6);
  const steps: Step[] = [];
  let atMs = startMs;
  for (let i = 0; i < count; i++) {
    const [target = ""] = left.splice(random.below(left.length), 1);
    const fault = isFull && i === 0 ? fill(random) : faultOf(random, target, isFull);
    steps.push({ atMs, fault });
    atMs += random.below(BURST_GAP_MS);
  }
  return steps;
}

function faultOf(random: Random, target: string, isFull: boolean): Fault {
  const dice = random.below(20);
  if (dice < 2) {
    const forMs = FLOOD_MS.least + random.below(FLOOD_MS.more);
    return { kind: "flood", streamId: random.of(FLOODED_STREAMS), forMs, seed: random.bits() };
  }
  if (isFull || dice < 10) {
    const forMs = Math.round(STOP_MS.least * STOP_MS.factor ** (random.below(1000) / 999));
    return { kind: "stop", target, forMs };
  }
  return { kind: dice < 16 ? "kill" : "end", target, restartAfterMs: random.below(RESTART_MS) };
}

function fill(random: Random): Fault {
  return { kind: "fill", forMs: FILL_MS.least + random.below(FILL_MS.more) };
}

/** A step on one line. */
export function describeStep({ atMs, fault }: Step): string {
  const at = `${(atMs / 1000).toFixed(1).padStart(7)} s  `;
  switch (fault.kind) {
    case "kill":
    case "end":
      return `${at}${fault.kind} ${fault.target}, start it again after ${fault.restartAfterMs} ms`;
    case "stop":
      return `${at}stop ${fault.target} for ${fault.forMs} ms`;
    case "flood":
      return `${at}flood Aeron stream ${fault.streamId} for ${fault.forMs} ms`;
    case "fill":
      return `${at}fill /dev/shm for ${fault.forMs} ms`;
  }
}
