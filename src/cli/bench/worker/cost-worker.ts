import { libc } from "../../../../ffi/libc.ts";
import { NativeBuffer } from "../../../../ffi/memory.ts";
import { DEFAULT_STREAMS } from "../../../protocol/stream-ids.ts";
import type { Consumer } from "../../../roles/consumer.ts";
import type { Producer } from "../../../roles/producer.ts";
import { fastestQuarter, median } from "../statistics.ts";
import type { CostJob, CostReport, CostWay } from "./jobs.ts";
import { RoleSetUp } from "./role-set-up.ts";

/** Fits the window of the smallest ring, so that no descriptor is dropped. */
const FRAMES_PER_STREAM = 16;
const TIMEOUT_NS = 20e9;
const FIRST_AERON_STREAM_ID = 5000;

/** One way, with its roles. */
interface Way {
  readonly plan: CostWay;
  readonly consumers: readonly Consumer[];
  readonly nsPerFrame: number[];
  runBatch(): void;
}

/**
 * Nanoseconds per frame for each way, in one process and on one thread: the ways take turns, batch by batch, each first as
 * often as last, so that a disturbance of the machine or the caches affects all of them.
 */
export async function cost(job: CostJob): Promise<CostReport> {
  const setUp = new RoleSetUp({ ...job, embedded: true, idle: "busy-spin" });
  const builder = new WayBuilder(setUp);
  const ways = job.ways.map((plan) => builder.build(plan));
  const deadlineNs = Bun.nanoseconds() + TIMEOUT_NS;
  while (!ways.every(({ consumers }) => consumers.every((consumer) => consumer.isMapped))) {
    setUp.scheduler.step();
    if (Bun.nanoseconds() > deadlineNs) throw new Error("expected the consumers to map their streams within 20 s");
  }
  const warmUpBatches = Math.ceil(job.batches / 2);
  for (let batch = 0; batch < warmUpBatches + job.batches; batch++) {
    for (let turn = 0; turn < ways.length; turn++) {
      const elapsedNs = timed(setUp, ways[(batch + turn) % ways.length] as Way);
      if (batch < warmUpBatches) continue;
      const way = ways[(batch + turn) % ways.length] as Way;
      way.nsPerFrame.push(elapsedNs / framesPerBatch(way.plan));
    }
  }
  await setUp.scheduler.close();
  return Object.fromEntries(ways.map(({ plan, nsPerFrame }) => [plan.name, costIn(nsPerFrame, job.takes)]));
}

function costIn(nsPerFrame: readonly number[], takes: CostJob["takes"]): number {
  return takes === "fastest-quarter" ? 1e9 / fastestQuarter(nsPerFrame.map((ns) => 1e9 / ns)) : median(nsPerFrame);
}

function framesPerBatch({ streams, framesPerStream = FRAMES_PER_STREAM }: CostWay): number {
  return streams * framesPerStream;
}

/** Duration of a batch: the producer's part only, or until every consumer has read it. */
function timed(setUp: RoleSetUp, way: Way): number {
  const beginNs = Bun.nanoseconds();
  way.runBatch();
  if (way.plan.times === "producer") {
    const elapsedNs = Bun.nanoseconds() - beginNs;
    drain(setUp, way);
    return elapsedNs;
  }
  setUp.scheduler.step();
  pollAll(way);
  const elapsedNs = Bun.nanoseconds() - beginNs;
  drain(setUp, way);
  return elapsedNs;
}

const onFrame = (): void => undefined;

function pollAll({ consumers }: Way): number {
  let handled = 0;
  for (const consumer of consumers) handled += consumer.poll(onFrame);
  return handled;
}

function drain({ scheduler }: RoleSetUp, way: Way): void {
  for (let idleCycles = 0; idleCycles < 2; ) {
    const work = scheduler.step() + pollAll(way);
    idleCycles = work > 0 ? 0 : idleCycles + 1;
  }
}

/** Creates the producers and consumers of each way, on separate streams. */
class WayBuilder {
  readonly #setUp: RoleSetUp;
  #streamId = 0;

  constructor(setUp: RoleSetUp) {
    this.#setUp = setUp;
  }

  build(plan: CostWay): Way {
    const { payloadBytes, slots, pools } = plan;
    const producers: Producer[] = [];
    const consumers: Consumer[] = [];
    for (let i = 0; i < plan.streams; i++) {
      const streamId = ++this.#streamId;
      // Separate Aeron streams: no reader receives another stream's messages. (Shared ones need a media driver counter for
      // each pair of a publisher and a subscriber.)
      const first = FIRST_AERON_STREAM_ID + streamId * 4;
      const streams = {
        ...DEFAULT_STREAMS,
        controlStreamId: first,
        descriptorStreamId: first + 1,
        qosStreamId: first + 2,
        metadataStreamId: first + 3,
      };
      producers.push(this.#setUp.addProducer({ streamId, slots, payloadBytes, flow: "drop", pools, streams }));
      for (let k = 0; k < plan.consumers; k++) consumers.push(this.#setUp.addConsumer(streamId, streams));
      this.#awaitDriver();
    }
    const runBatch = plan.fill === "memcpy-alone" ? bareCopy(plan, producers) : frames(plan, producers);
    return { plan, consumers, nsPerFrame: [], runBatch };
  }

  /** Steps until the connection is ready: a media driver that gets all requests at once answers after its clients' timeout. */
  #awaitDriver(): void {
    const { scheduler, connection } = this.#setUp;
    const deadlineNs = Bun.nanoseconds() + TIMEOUT_NS;
    do scheduler.step();
    while (!connection.isReady && Bun.nanoseconds() < deadlineNs);
  }
}

function frames(
  { payloadBytes, fill, framesPerStream = FRAMES_PER_STREAM }: CostWay,
  producers: readonly Producer[],
): () => void {
  const shape = { dtype: "uint8", dims: [payloadBytes] } as const;
  const content = fill === "copy" ? new NativeBuffer(payloadBytes).bytes.fill(7) : null;
  return () => {
    for (let i = 0; i < framesPerStream; i++) {
      for (let k = 0; k < producers.length; k++) {
        const producer = producers[k] as Producer;
        if (content !== null) {
          producer.offer(content, shape);
          continue;
        }
        const claim = producer.tryClaim(payloadBytes);
        if (claim === null) throw new Error(`expected a slot, found ${producer.lastRefusal}`);
        if (fill === "one-byte") claim.bytes[0] = i;
        claim.commit(shape);
      }
    }
  };
}

/** Only copies the same bytes into a ring of the same size. */
function bareCopy({ payloadBytes, slots }: CostWay, producers: readonly Producer[]): () => void {
  const producer = producers[0] as Producer;
  const pool = producer.regions.pools[0];
  if (pool === undefined) throw new Error("expected a pool, found none");
  const content = new NativeBuffer(payloadBytes);
  let slot = 0;
  return () => {
    for (let i = 0; i < FRAMES_PER_STREAM; i++) {
      libc.memcpy(pool.mapping.address + 64 + slot * producer.maxByteLength, content.address, payloadBytes);
      slot = (slot + 1) % slots;
    }
  };
}
