/** Reads the frames of a plan, compares each with it, and prints its counters. */
import { type Frame, TensorPool, totalLost } from "../../../src/index.ts";
import { argumentOf, tell, turn, watchForEnd } from "../support/subject.ts";
import { areBytesOf, type FramePlan, planOf, poolIdOf, STREAM_ID } from "./plan.ts";
import type { RandomFramesArgument } from "./producer.ts";

export interface ConsumerReport {
  readonly counters: Record<string, number>;
  readonly lost: number;
  /** Frames that differ from what they should be, and what was wrong with the first of them. */
  readonly different: number;
  readonly firstDifference: string;
  readonly seconds: number;
}

const CYCLES_PER_TURN = 64;
/** The producer and the media driver get the CPUs for a moment. */
const PAUSE_MS = 0.02;
const OPTIONS = { settled: settle };

const { aeronDir, shmDir, seed, frames } = argumentOf<RandomFramesArgument>();
const end = watchForEnd();
await using tensorPool = await TensorPool.connect({ aeronDir, shmDir, drive: "manual", mediaDriver: "external" });
const consumer = await tensorPool.addConsumer({ stream: STREAM_ID, standalone: true });
const { of } = consumer.counters;
let different = 0;
let firstDifference = "";
let difference = "";
let startNs = 0;

for (let cycle = 0; of.accepted.value + totalLost(consumer.counters) < frames && !end.isOver; cycle++) {
  if (cycle % CYCLES_PER_TURN === 0) await turn();
  tensorPool.doWork();
  if (consumer.poll(handle, OPTIONS) === 0) Bun.sleepSync(PAUSE_MS);
}
const seconds = (Bun.nanoseconds() - startNs) / 1e9;
const counters = consumer.counters.snapshot();
const lost = totalLost(consumer.counters);
tell({ counters, lost, different, firstDifference, seconds } satisfies ConsumerReport);
// The producer waits for the word that its newest frame was seen.
await tensorPool.close();
process.exit(0);

function handle(frame: Frame): "sinkRefused" | undefined {
  if (startNs === 0) startNs = Bun.nanoseconds();
  const plan = planOf(seed, frame.seq);
  difference = differenceOf(frame, plan);
  return plan.isRefused ? "sinkRefused" : undefined;
}

function settle(seq: number, isIntact: boolean): void {
  if (!isIntact || difference === "") return;
  if (different === 0) firstDifference = `frame ${seq} of seed ${seed}: ${difference}`;
  different++;
}

/** What is not as planned; "" when all is. */
function differenceOf(frame: Frame, { shape, byteLength, isAborted }: FramePlan): string {
  const { seq } = frame;
  if (isAborted && seq !== frames - 1) return "it was aborted";
  if (frame.dtype !== shape.dtype) return `dtype ${frame.dtype}, not ${shape.dtype}`;
  if (frame.majorOrder !== shape.majorOrder) return `order ${frame.majorOrder}, not ${shape.majorOrder}`;
  if (!isSame(frame.dims, shape.dims)) return `dims ${frame.dims}, not ${shape.dims}`;
  const strides = shape.strides ?? shape.dims.map(() => 0);
  if (!isSame(frame.strides, strides)) return `strides ${frame.strides}, not ${strides}`;
  if (frame.timestampNs !== shape.timestampNs) return `timestamp ${frame.timestampNs}, not ${shape.timestampNs}`;
  if (frame.byteLength !== byteLength) return `${frame.byteLength} bytes, not ${byteLength}`;
  const { poolId } = frame.place;
  if (poolId !== poolIdOf(byteLength)) return `pool ${poolId}, not ${poolIdOf(byteLength)}`;
  return areBytesOf(frame.bytes, seq) ? "" : "other bytes";
}

function isSame(found: readonly number[], wanted: readonly number[]): boolean {
  if (found.length !== wanted.length) return false;
  for (let i = 0; i < found.length; i++) if (found[i] !== wanted[i]) return false;
  return true;
}
