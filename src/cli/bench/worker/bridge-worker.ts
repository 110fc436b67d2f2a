import { BridgeReceiver } from "../../../bridge/bridge-receiver.ts";
import { BridgeSender } from "../../../bridge/bridge-sender.ts";
import { readEndpoint } from "../../../bridge/channels.ts";
import { OutputStream } from "../../../bridge/output-stream.ts";
import { ReceiverRoute } from "../../../bridge/receiver-route.ts";
import { streamIdentity } from "../../../bridge/stream-path.ts";
import { Counter } from "../../../core/counters.ts";
import { DEFAULT_STREAMS } from "../../../protocol/stream-ids.ts";
import type { Producer } from "../../../roles/producer.ts";
import { AllocationMarks } from "./allocation-marks.ts";
import type { BridgeJob } from "./jobs.ts";
import { RoleSetUp } from "./role-set-up.ts";

const [FROM_STREAM_ID, TO_STREAM_ID] = [1, 2];
const SLOTS = 256;
/** Frames per cycle. */
const FRAMES = 16;
const TIMEOUT_NS = 60e9;
const FIRST_FRAME_PATIENCE_NS = 20e9;

/**
 * A producer, a bridge over loopback and its output in one process, on one thread and without the event loop, so that they account
 * for all allocations. Returns the number of delivered frames.
 */
export async function carry(job: BridgeJob): Promise<number> {
  const setUp = new RoleSetUp({ ...job, embedded: true, idle: "busy-spin" });
  const { scheduler, connection } = setUp;
  const { payloadBytes, marks, leak } = job;
  const to = readEndpoint(job.to);
  const from = readEndpoint(job.from);
  if (to === undefined || from === undefined) throw new Error(`expected endpoints, found ${job.to} and ${job.from}`);
  const producer = setUp.addProducer({ streamId: FROM_STREAM_ID, slots: SLOTS, payloadBytes, flow: "wait" });
  const consumer = setUp.addConsumer(FROM_STREAM_ID);
  scheduler.add(new BridgeSender(connection, consumer, { to, mode: "lossless", step: 1 }), { vital: true });
  const route = new ReceiverRoute({
    streamId: FROM_STREAM_ID,
    output: new OutputStream(connection, scheduler.clock, {
      streamId: TO_STREAM_ID,
      name: "bench-carried",
      streams: DEFAULT_STREAMS,
      regions: {
        standalone: {
          baseDir: job.shmDir,
          namespace: "bench",
          prefault: true,
          requireHugepages: false,
          mode: "private",
        },
      },
      flow: "drop",
      waitTimeoutNs: TIMEOUT_NS,
    }),
    identity: streamIdentity(connection.aeronDir, TO_STREAM_ID),
    maxRegionBytes: 2 ** 30,
    hasOwnLayout: false,
  });
  scheduler.add(new BridgeReceiver(connection, { from, peers: [], routeFor: () => route }), { vital: true });
  const delivered = new Counter("delivered", { help: "Frames delivered" });
  const allocation = new AllocationMarks(delivered, marks);
  const frames = marks.warmUpFrames + marks.frames;
  const source = new FrameSource(producer, payloadBytes, leak);
  const deadlineNs = Bun.nanoseconds() + FIRST_FRAME_PATIENCE_NS;
  while (delivered.value <= frames) {
    if (consumer.isMapped && producer.isReady) {
      source.publish();
    }
    scheduler.step();
    delivered.value = route.account.delivered;
    allocation.doWork();
    if (delivered.value === 0 && Bun.nanoseconds() > deadlineNs) throw new Error("expected a frame within 20 s");
  }
  allocation.doWork();
  await scheduler.close();
  return delivered.value;
}

/** Publishes frames while the producer has room. */
class FrameSource {
  /** The last deliberately allocated object; a field, so that the allocation is not optimised away. */
  garbage: object | null = null;
  readonly #producer: Producer;
  readonly #payloadBytes: number;
  readonly #leaks: boolean;
  readonly #shape: { readonly dtype: "uint8"; readonly dims: readonly number[] };

  constructor(producer: Producer, payloadBytes: number, leaks: boolean) {
    this.#producer = producer;
    this.#payloadBytes = payloadBytes;
    this.#leaks = leaks;
    this.#shape = { dtype: "uint8", dims: [payloadBytes] };
  }

  publish(): void {
    for (let i = 0; i < FRAMES && !this.#producer.isWaiting; i++) {
      const claim = this.#producer.tryClaim(this.#payloadBytes);
      if (claim === null) return;
      if (this.#leaks) this.garbage = { frame: i };
      claim.commit(this.#shape);
    }
  }
}
