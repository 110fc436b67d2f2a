/** A writer at full rate: of slots by the commit protocol, or of frames through a producer and Aeron. Ends when its input does. */

import { TensorPool } from "../../../src/index.ts";
import { FrameHeader } from "../../../src/protocol/frame-header.ts";
import { HeaderRing } from "../../../src/shm/header-ring.ts";
import { RegionSet } from "../../../src/shm/index.ts";
import { PayloadPool } from "../../../src/shm/payload-pool.ts";
import { announceOf } from "../../support/shm.ts";
import { argumentOf, tell, turn, watchForEnd } from "../support/subject.ts";
import {
  fillHeader,
  fillPayload,
  NSLOTS,
  POOL_ID,
  SlotWords,
  STREAM_ID,
  shapeOf,
  strideBytesFor,
} from "./frame-of-seq.ts";

export interface WriterArgument {
  readonly path: "slots" | "aeron";
  readonly shmDir: string;
  readonly aeronDir: string;
  readonly payloadBytes: number;
}

/** Between two looks at the event loop. */
const SLICE_NS = 5e6;
const PAUSE_MS = 0.2;

const { path, shmDir, aeronDir, payloadBytes } = argumentOf<WriterArgument>();
const end = watchForEnd();
const words = new SlotWords();
await (path === "slots" ? writeSlots() : writeFrames());
process.exit(0);

async function writeSlots(): Promise<void> {
  using regions = RegionSet.create({
    baseDir: shmDir,
    namespace: "test",
    instanceId: `writer-${STREAM_ID}`,
    streamId: STREAM_ID,
    nslots: NSLOTS,
    pools: [{ poolId: POOL_ID, strideBytes: strideBytesFor(payloadBytes) }],
    mode: "private",
    prefault: true,
    startTimestampNs: 1n,
  });
  const ring = new HeaderRing(regions.headerRing.mapping, NSLOTS);
  const pool = new PayloadPool(regions.pools[0]!.mapping, POOL_ID, strideBytesFor(payloadBytes), NSLOTS);
  const header = new FrameHeader();
  const announce = announceOf(regions);
  tell({ ...announce, epoch: String(announce.epoch) });
  for (let seq = 0; !end.isOver; await turn()) {
    for (const untilNs = Bun.nanoseconds() + SLICE_NS; Bun.nanoseconds() < untilNs; seq++) {
      const index = ring.indexOf(seq);
      ring.markWriting(index, seq);
      fillPayload(words.of(index, pool.bytes(index, payloadBytes)), seq);
      fillHeader(header, seq, payloadBytes);
      ring.writeHeader(index, header);
      ring.commit(index, seq);
    }
  }
}

async function writeFrames(): Promise<void> {
  await using tensorPool = await TensorPool.connect({ aeronDir, shmDir, drive: "manual", mediaDriver: "external" });
  const producer = await tensorPool.addProducer({
    stream: STREAM_ID,
    standalone: { slots: NSLOTS, strideBytes: strideBytesFor(payloadBytes) },
  });
  const { descriptorBackPressured } = producer.counters.of;
  tell("ready");
  let burst = 0;
  for (; !end.isOver; await turn()) {
    for (const untilNs = Bun.nanoseconds() + SLICE_NS; Bun.nanoseconds() < untilNs; ) {
      tensorPool.doWork();
      const backPressured = descriptorBackPressured.value;
      // Bursts that leave the ring's frames alone, and bursts that overwrite them.
      burst = (burst % (2 * NSLOTS)) + 1;
      for (let i = 0; i < burst; i++) {
        const claim = producer.tryClaim(payloadBytes);
        if (claim === null) break;
        fillPayload(words.of(claim.index, claim.bytes), claim.seq);
        claim.commit(shapeOf(claim.seq, payloadBytes));
      }
      // Frames without descriptors only hide those that have one: the media driver and the reader get the CPUs for a moment.
      if (descriptorBackPressured.value > backPressured) Bun.sleepSync(PAUSE_MS);
    }
  }
}
