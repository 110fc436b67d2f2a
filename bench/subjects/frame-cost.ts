// Costs of one frame in a producer, in one process and on one thread: frame-cost.ts <aeron dir> <shm dir> <batches>
// Prints JSON: nanoseconds per frame for each way to fill it, batch by batch. Only the producer's part is timed; the media
// driver and the consumers, which are there so that descriptors are published, run between the batches.
import { libc } from "../../ffi/libc.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import type { FrameShape } from "../../src/protocol/frame-layout.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { claimed, RoleSetUp } from "./role-set-up.ts";

const [aeronDir = "", shmDir = "", batchesText = ""] = process.argv.slice(2);
const BATCHES = Number(batchesText);
/** Fewer than the window of the smallest ring holds, so that no descriptor is dropped. */
const FRAMES_PER_BATCH = 16;
const COPIED_BYTES = 640 * 1024;
/** Together more than the CPU's caches hold. */
const COPY_SLOTS = 256;
const IN_PLACE_SLOTS = 64;
const PATIENCE_NS = 10e9;

/** What is timed: frames of one producer, `FRAMES_PER_BATCH` at a time. */
interface Way {
  readonly name: string;
  readonly nsPerFrame: number[];
  /** Null where no descriptors are published. */
  readonly consumer: Consumer | null;
  runBatch(): void;
}

interface Stream {
  readonly producer: Producer;
  readonly consumer: Consumer;
  readonly shape: FrameShape;
  readonly byteLength: number;
}

const setUp = new RoleSetUp(aeronDir, shmDir, { embedded: true, idle: "busy-spin" });
const { scheduler } = setUp;

function addStream(streamId: number, byteLength: number, nslots: number): Stream {
  const strideBytes = Math.max(4096, 2 ** Math.ceil(Math.log2(byteLength)));
  const producer = setUp.addProducer({ streamId, nslots, strideBytes, flow: "drop" });
  return { producer, consumer: setUp.addConsumer(streamId), shape: { dtype: "uint8", dims: [byteLength] }, byteLength };
}

function inPlace(name: string, { producer, consumer, shape, byteLength }: Stream, touches: boolean): Way {
  const runBatch = (): void => {
    for (let i = 0; i < FRAMES_PER_BATCH; i++) {
      const claim = claimed(producer.tryClaim(byteLength), producer);
      if (touches) claim.bytes[0] = i;
      claim.commit(shape);
    }
  };
  return { name, nsPerFrame: [], consumer, runBatch };
}

function copied(name: string, { producer, consumer, shape }: Stream, source: Uint8Array): Way {
  const runBatch = (): void => {
    for (let i = 0; i < FRAMES_PER_BATCH; i++) producer.offer(source, shape);
  };
  return { name, nsPerFrame: [], consumer, runBatch };
}

/** The same bytes into the same ring, half a ring away from where frames are copied now, and nothing else. */
function bareCopy(name: string, { producer }: Stream, source: NativeBuffer): Way {
  const { address: base } = (producer.regions.pools[0] as (typeof producer.regions.pools)[number]).mapping;
  const strideBytes = producer.maxByteLength;
  let slot = COPY_SLOTS / 2;
  const runBatch = (): void => {
    for (let i = 0; i < FRAMES_PER_BATCH; i++) {
      libc.memcpy(base + 64 + slot * strideBytes, source.address, source.bytes.length);
      slot = (slot + 1) % COPY_SLOTS;
    }
  };
  return { name, nsPerFrame: [], consumer: null, runBatch };
}

const small = addStream(1, 64, IN_PLACE_SLOTS);
const large = addStream(2, 16 * 1024 * 1024, IN_PLACE_SLOTS);
const image = addStream(3, COPIED_BYTES, COPY_SLOTS);
const source = new NativeBuffer(COPIED_BYTES);
source.bytes.fill(7);

const inPlaceWays: readonly Way[] = [
  inPlace("inPlace64B", small, false),
  inPlace("inPlace16MiB", large, false),
  inPlace("inPlace640KiB", image, false),
  inPlace("touched64B", small, true),
  inPlace("touched16MiB", large, true),
];
const copyWays: readonly Way[] = [copied("copied640KiB", image, source.bytes), bareCopy("memcpy640KiB", image, source)];
const ways = [...inPlaceWays, ...copyWays];

const onFrame = (): void => undefined;

function drain(): void {
  for (let idleCycles = 0; idleCycles < 3; ) {
    const work = scheduler.step();
    let handled = 0;
    for (const { consumer } of ways) handled += consumer?.poll(onFrame) ?? 0;
    idleCycles = work + handled > 0 ? 0 : idleCycles + 1;
  }
}

const deadlineNs = Bun.nanoseconds() + PATIENCE_NS;
while (!ways.every(({ consumer }) => consumer === null || consumer.isMapped)) {
  scheduler.step();
  if (Bun.nanoseconds() > deadlineNs) throw new Error("expected the consumers to map their streams within 10 s");
}
/** The ways take turns, each first as often as last: what disturbs the machine, or the caches, meets all of them. */
function measure(group: readonly Way[]): void {
  const warmUpBatches = BATCHES / 2;
  for (let batch = 0; batch < warmUpBatches + BATCHES; batch++) {
    for (let turn = 0; turn < group.length; turn++) {
      const way = group[(batch + turn) % group.length] as Way;
      const beginNs = Bun.nanoseconds();
      way.runBatch();
      const elapsedNs = Bun.nanoseconds() - beginNs;
      if (batch >= warmUpBatches) way.nsPerFrame.push(elapsedNs / FRAMES_PER_BATCH);
      drain();
    }
  }
}

// Apart from each other: a copy leaves nothing of the caches to the frame after it.
measure(inPlaceWays);
measure(copyWays);
const published = [small, large, image].map(({ producer }) => {
  const { claimed: taken, published: done } = producer.counters.snapshot();
  return done / taken;
});
process.stdout.write(
  `${JSON.stringify({ published, ways: Object.fromEntries(ways.map((w) => [w.name, w.nsPerFrame])) })}\n`,
);
await scheduler.close();
