/** Publishes the frames of a plan, waiting for the reader as a file would (`--flow wait`), and prints its counters. */
import { type Slot, TensorPool } from "../../../src/index.ts";
import { argumentOf, tell, turn, watchForEnd } from "../support/subject.ts";
import { type FramePlan, fillBytes, NSLOTS, planOf, STREAM_ID, STRIDES } from "./plan.ts";

export interface RandomFramesArgument {
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly seed: number;
  readonly frames: number;
}

export interface ProducerReport {
  readonly counters: Record<string, number>;
  /** Frames that were offered although no pool holds them. */
  readonly tooLarge: number;
}

const DRAIN_MS = 20_000;
const CYCLES_PER_TURN = 64;
/** The reader and the media driver get the CPUs for a moment. */
const PAUSE_MS = 0.02;

const { aeronDir, shmDir, seed, frames } = argumentOf<RandomFramesArgument>();
const end = watchForEnd();
await using tensorPool = await TensorPool.connect({ aeronDir, shmDir, drive: "manual", mediaDriver: "external" });
const producer = await tensorPool.addProducer({
  stream: STREAM_ID,
  standalone: { slots: NSLOTS, strideBytes: [...STRIDES] },
  flow: "wait",
  waitTimeoutMs: 60_000,
});
while (!producer.hasReaders(1) && !end.isOver) {
  tensorPool.doWork();
  await turn();
}

interface Made {
  readonly claim: Slot;
  readonly plan: FramePlan;
}

let nextSeq = 0;
let tooLarge = 0;
for (let cycle = 0; nextSeq < frames && !end.isOver; cycle++) {
  if (cycle % CYCLES_PER_TURN === 0) await turn();
  tensorPool.doWork();
  for (let i = 0; i < 32 && nextSeq < frames && !producer.isWaiting; i++) publishSome();
  if (producer.isWaiting) Bun.sleepSync(PAUSE_MS);
}
producer.finish();
for (const untilMs = performance.now() + DRAIN_MS; !producer.isDrained && performance.now() < untilMs; await turn()) {
  tensorPool.doWork();
}
tell({ counters: producer.counters.snapshot(), tooLarge } satisfies ProducerReport);
await tensorPool.close();
process.exit(0);

/** One frame, or a few that are claimed together. */
function publishSome(): void {
  const made: Made[] = [];
  let wanted = 1;
  while (made.length < wanted && nextSeq < frames) {
    const plan = planOf(seed, nextSeq);
    if (made.length === 0) wanted = plan.claimsAtOnce;
    if (plan.followsTooLarge && producer.tryClaim(producer.maxByteLength + 1) === null) tooLarge++;
    const claim = producer.tryClaim(plan.byteLength);
    if (claim === null) break;
    if (claim.seq !== nextSeq) throw new Error(`expected a claim of seq ${nextSeq}, found ${claim.seq}`);
    nextSeq++;
    made.push({ claim, plan });
  }
  for (const { claim, plan } of made.reverse()) {
    fillBytes(claim.bytes, claim.seq);
    // The last frame of all shows the gaps before it.
    if (plan.isAborted && claim.seq !== frames - 1) claim.abort();
    else claim.commit(plan.shape);
  }
}
