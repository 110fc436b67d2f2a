// One side of a stream with marks around its frames, see bench/allocation.ts:
//   allocating-role.ts producer|consumer <aeron dir> <shm dir> <warm-up frames> <frames> [leak]
// "leak" makes a new object for each frame, to show that the measurement sees it.
import { openSource, parseSource } from "../../src/io/index.ts";
import { NullSink } from "../../src/io/sinks/null.ts";
import type { SinkFrame } from "../../src/io/types.ts";
import { SinkPump } from "../../src/roles/sink-pump.ts";
import { SourcePump } from "../../src/roles/source-pump.ts";
import { AllocationMarks } from "./allocation-marks.ts";
import { RoleSetUp } from "./role-set-up.ts";

const [role = "", aeronDir = "", shmDir = "", warmUpText = "", framesText = "", leak = ""] = process.argv.slice(2);
const warmUpFrames = Number(warmUpText);
const frames = Number(framesText);
const isLeaking = leak === "leak";
/** Beyond what is measured, so that neither side meets the end between the marks. */
const SPARE_FRAMES = 200_000;
const STREAM_ID = 1;
const SLOTS = 1024;
const SOURCE = "synthetic:dtype=uint8,dims=64,rate=max,pattern=counter";

/** The last object that was made on purpose; a field, so that making it is not optimised away. */
const garbage: { last: object | null } = { last: null };

class LeakingSink extends NullSink {
  override accept(frame: SinkFrame): void {
    garbage.last = { seq: frame.seq };
  }
}

const setUp = new RoleSetUp(aeronDir, shmDir, { embedded: role === "producer" });
const { scheduler } = setUp;
const onDone = (): void => scheduler.stop("done");
if (role === "producer") {
  parseSource(SOURCE, {});
  const source = await openSource(SOURCE, {});
  if (isLeaking) {
    const poll = source.poll.bind(source);
    source.poll = (nowNs) => {
      garbage.last = { nowNs };
      return poll(nowNs);
    };
  }
  const producer = setUp.addProducer({ streamId: STREAM_ID, nslots: SLOTS, strideBytes: 4096, flow: "wait" });
  const count = warmUpFrames + frames + SPARE_FRAMES;
  scheduler.add(new SourcePump(producer, source, { rateHz: null, count, waitConsumers: 1, onDone }), { vital: true });
  scheduler.add(new AllocationMarks(producer.counters.of.published, { warmUpFrames, frames }), { vital: true });
} else {
  const consumer = setUp.addConsumer(STREAM_ID);
  const sink = isLeaking ? new LeakingSink() : new NullSink();
  const count = Number.POSITIVE_INFINITY;
  scheduler.add(new SinkPump(consumer, sink, { clock: scheduler.clock, count, once: true, onDone }), { vital: true });
  scheduler.add(new AllocationMarks(consumer.counters.of.accepted, { warmUpFrames, frames }), { vital: true });
}
await scheduler.run();
