import type { Agent } from "../../../core/agent.ts";
import type { FrameShape } from "../../../protocol/frame-layout.ts";
import type { Consumer } from "../../../roles/consumer.ts";
import type { Frame } from "../../../roles/frame.ts";
import type { Producer } from "../../../roles/producer.ts";
import { Histogram, type Quantiles } from "../histogram.ts";
import type { PingJob } from "./jobs.ts";
import { RoleSetUp } from "./role-set-up.ts";

const PING_STREAM_ID = 1;
const PONG_STREAM_ID = 2;
const SLOTS = 64;
/** Share of the time until code is compiled; not measured. */
const WARM_UP_SHARE = 0.25;
/** A frame without an answer after this time counts as lost, and another one is sent. */
const TIMEOUT_NS = 100e6;

/** Sends a frame, waits for its answer and repeats: only this side reads a clock. */
class Ping implements Agent {
  readonly roleName = "ping";
  readonly histogram = new Histogram();
  lost = 0;
  readonly #producer: Producer;
  readonly #consumer: Consumer;
  readonly #now: () => number;
  readonly #shape: FrameShape;
  readonly #payloadBytes: number;
  readonly #onAnswer = (_frame: Frame): void => this.#note();
  #sentNs = -1;
  #trips = 0;
  #beginNs = -1;
  #warmNs = 0;

  constructor(producer: Producer, consumer: Consumer, now: () => number, { payloadBytes, seconds }: PingJob) {
    this.#producer = producer;
    this.#consumer = consumer;
    this.#now = now;
    this.#shape = { dtype: "uint8", dims: [payloadBytes] };
    this.#payloadBytes = payloadBytes;
    this.#warmNs = seconds * 1e9 * WARM_UP_SHARE;
  }

  /** Time of the first answer; -1 before. */
  get beginNs(): number {
    return this.#beginNs;
  }

  doWork(nowNs: number): number {
    if (this.#sentNs === -1 && this.#producer.hasReaders(1) && this.#consumer.isMapped) this.#send();
    const answers = this.#consumer.poll(this.#onAnswer);
    if (answers === 0 && this.#sentNs !== -1 && nowNs - this.#sentNs > TIMEOUT_NS) {
      this.lost++;
      this.#send();
    }
    return answers;
  }

  #send(): void {
    this.#sentNs = this.#now();
    const claim = this.#producer.tryClaim(this.#payloadBytes, this.#sentNs);
    if (claim === null) return;
    claim.bytes.fill(this.#trips & 0xff);
    claim.commit(this.#shape);
  }

  #note(): void {
    const nowNs = this.#now();
    if (this.#trips++ === 0) this.#beginNs = nowNs;
    if (nowNs - this.#beginNs > this.#warmNs) this.histogram.add((nowNs - this.#sentNs) / 2);
    this.#send();
  }
}

/** Answers each frame with its copy. */
class Pong implements Agent {
  readonly roleName = "pong";
  readonly #consumer: Consumer;
  readonly #onFrame: (frame: Frame) => void;

  constructor(producer: Producer, consumer: Consumer, payloadBytes: number) {
    this.#consumer = consumer;
    const shape: FrameShape = { dtype: "uint8", dims: [payloadBytes] };
    this.#onFrame = (frame) => {
      const claim = producer.tryClaim(payloadBytes);
      claim?.bytes.set(frame.bytes);
      claim?.commit(shape);
    };
  }

  doWork(): number {
    return this.#consumer.poll(this.#onFrame);
  }
}

/** Half round trips of frames between two processes; null on the side that answers. */
export async function ping(job: PingJob): Promise<(Quantiles & { trips: number; lost: number }) | null> {
  const isPing = job.side === "ping";
  const setUp = new RoleSetUp({ ...job, embedded: isPing });
  const { scheduler } = setUp;
  const { payloadBytes } = job;
  const streamId = isPing ? PING_STREAM_ID : PONG_STREAM_ID;
  const producer = setUp.addProducer({ streamId, slots: SLOTS, payloadBytes, flow: "drop" });
  const consumer = setUp.addConsumer(isPing ? PONG_STREAM_ID : PING_STREAM_ID);
  process.on("SIGTERM", () => scheduler.stop("SIGTERM"));
  if (!isPing) {
    scheduler.add(new Pong(producer, consumer, payloadBytes), { vital: true });
    await scheduler.run();
    return null;
  }
  const agent = new Ping(producer, consumer, () => scheduler.clock.nanoTime(), job);
  scheduler.add(agent, { vital: true });
  scheduler.add({
    roleName: "end",
    doWork: (nowNs) => {
      if (agent.beginNs !== -1 && nowNs - agent.beginNs > job.seconds * 1e9) scheduler.stop("done");
      return 0;
    },
  });
  await scheduler.run();
  return { ...agent.histogram.quantiles(), trips: agent.histogram.count, lost: agent.lost };
}
