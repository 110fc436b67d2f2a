import { NativeBuffer } from "../../../../ffi/memory.ts";
import { type FragmentReader, FragmentSubscription } from "../../../aeron/fragment-subscription.ts";
import { monotonic } from "../../../aeron/monotonic.ts";
import type { Publication } from "../../../aeron/publication.ts";
import { PublishResult } from "../../../aeron/results.ts";
import { BRIDGE_STREAM_ID, type Endpoint, readEndpoint, receiverChannel } from "../../../bridge/channels.ts";
import { senderChannel } from "../../../bridge/sender-channel.ts";
import type { Agent } from "../../../core/agent.ts";
import { Counter } from "../../../core/counters.ts";
import { RatePacer } from "../../../protocol/rate-pacer.ts";
import { Histogram } from "../histogram.ts";
import type { LinkJob, LinkReport } from "./jobs.ts";
import { RateLog } from "./rate-log.ts";
import { RoleSetUp } from "./role-set-up.ts";

/** The limits of a bridge per cycle. */
const BYTES_PER_CYCLE = 4 * 1024 * 1024;
const BLOCKS_PER_CYCLE = 64;
/** Time for messages in flight to arrive. */
const DRAIN_NS = 0.5e9;
const SILENCE_NS = 1e9;
const WARM_UP_SHARE = 0.25;
const TIMESTAMP_BYTES = 8;

/** Frames of bytes in plain Aeron messages of the same size as a bridge's; only lengths are checked. */
export async function link(job: LinkJob): Promise<LinkReport | null> {
  const { aeronDir, idle, side } = job;
  const setUp = new RoleSetUp({ aeronDir, shmDir: aeronDir, embedded: false, idle });
  const endpoint = readEndpoint(job.endpoint);
  if (endpoint === undefined) throw new Error(`expected a host and a port, found ${job.endpoint}`);
  return side === "publisher" ? await publish(setUp, endpoint, job) : await subscribe(setUp, endpoint, job);
}

/** Publishes frames one after another, each in as many messages and cycles as it needs. */
class FramePublisher implements Agent {
  readonly roleName = "publisher";
  readonly #publication: Publication;
  readonly #job: LinkJob;
  readonly #partBytes: number;
  /** As many frames as the ring of a bridge's source has slots, so that caching does not favour them. */
  readonly #frames: NativeBuffer;
  readonly #pacer: RatePacer | null;
  readonly #now: () => number;
  readonly #onDone: () => void;
  #beginNs = -1;
  /** Offset of the current frame, and its bytes sent so far. */
  #frameAt = 0;
  #sentBytes = 0;

  constructor(
    publication: Publication,
    job: LinkJob,
    { partBytes, now, onDone }: { partBytes: number; now: () => number; onDone: () => void },
  ) {
    this.#publication = publication;
    this.#job = job;
    this.#partBytes = partBytes;
    this.#frames = new NativeBuffer(job.frameBytes * job.slots);
    // Pages that were never written all map to the same zero page.
    this.#frames.bytes.fill(1);
    this.#pacer = job.rateHz === null ? null : new RatePacer(job.rateHz);
    this.#now = now;
    this.#onDone = onDone;
  }

  doWork(nowNs: number): number {
    if (this.#beginNs === -1) {
      if (!this.#publication.isConnected) return 0;
      this.#beginNs = nowNs;
    }
    const elapsedNs = nowNs - this.#beginNs;
    const endNs = this.#job.seconds * 1e9;
    if (elapsedNs > endNs) {
      if (elapsedNs > endNs + DRAIN_NS) this.#onDone();
      return 0;
    }
    let work = 0;
    let cycleBytes = 0;
    while (cycleBytes < BYTES_PER_CYCLE && work < BLOCKS_PER_CYCLE) {
      const bytes = this.#move(nowNs);
      if (bytes === 0) break;
      cycleBytes += bytes;
      work++;
    }
    return work;
  }

  /** Publishes the next message and returns its bytes; 0 if none is due or the window is full. */
  #move(nowNs: number): number {
    const { frameBytes, slots } = this.#job;
    if (this.#sentBytes === 0) {
      if (this.#pacer?.isDue(nowNs) === false) return 0;
      monotonic.write(this.#frames.view, this.#frameAt, this.#now());
    }
    const bytes = Math.min(frameBytes - this.#sentBytes, this.#partBytes);
    const address = this.#frames.address + this.#frameAt + this.#sentBytes;
    if (this.#publication.publishMessage(address, bytes) !== PublishResult.PUBLISHED) return 0;
    if (this.#sentBytes === 0) this.#pacer?.advance(nowNs);
    this.#sentBytes += bytes;
    if (this.#sentBytes < frameBytes) return bytes;
    this.#sentBytes = 0;
    this.#frameAt = (this.#frameAt + frameBytes) % (frameBytes * slots);
    return bytes;
  }
}

async function publish({ scheduler, connection }: RoleSetUp, endpoint: Endpoint, job: LinkJob): Promise<null> {
  const { frameBytes: maxFrameBytes, rateHz } = job;
  const mode = rateHz === null ? "lossless" : "latest";
  const { channel, cutting } = senderChannel(endpoint, { maxFrameBytes, headBytes: 0, mode });
  const publication = connection.addPublication(channel, BRIDGE_STREAM_ID);
  const options = {
    partBytes: cutting.partBytes,
    now: () => scheduler.clock.nanoTime(),
    onDone: () => scheduler.stop("done"),
  };
  scheduler.add(new FramePublisher(publication, job, options), { vital: true });
  await scheduler.run();
  return null;
}

/** Counts frames by their bytes and records their ages. */
class FrameCounter implements FragmentReader {
  readonly frames = new Counter("frames", { help: "Frames received" });
  readonly ages = new Histogram();
  lastNs = 0;
  #bytes = 0;
  #sentNs = 0;
  #firstNs = -1;
  readonly #job: LinkJob;
  readonly #now: () => number;

  constructor(job: LinkJob, now: () => number) {
    this.#job = job;
    this.#now = now;
  }

  mayTake(): boolean {
    return true;
  }

  onFragment(_flags: number, view: DataView, offset: number, length: number): void {
    if (this.#bytes === 0 && length >= TIMESTAMP_BYTES) this.#sentNs = monotonic.read(view, offset);
    this.#bytes += length;
    if (this.#bytes < this.#job.frameBytes) return;
    this.#bytes = 0;
    this.frames.value++;
    this.lastNs = this.#now();
    if (this.#firstNs === -1) this.#firstNs = this.lastNs;
    const isWarm = this.lastNs - this.#firstNs > this.#job.seconds * 1e9 * WARM_UP_SHARE;
    if (this.#job.rateHz !== null && isWarm) this.ages.add(this.lastNs - this.#sentNs);
  }

  onFragmentEnd(): void {}

  onEnd(): void {}
}

async function subscribe({ scheduler, connection }: RoleSetUp, endpoint: Endpoint, job: LinkJob): Promise<LinkReport> {
  const counter = new FrameCounter(job, () => scheduler.clock.nanoTime());
  const subscription = connection.add(
    new FragmentSubscription(receiverChannel(endpoint), BRIDGE_STREAM_ID, () => counter),
  );
  const rates = new RateLog(counter.frames);
  scheduler.add(rates);
  scheduler.add(
    {
      roleName: "subscriber",
      doWork: (nowNs) => {
        if (counter.frames.value > 0 && nowNs - counter.lastNs > SILENCE_NS) scheduler.stop("done");
        let work = 0;
        while (work < BLOCKS_PER_CYCLE && subscription.poll(nowNs) > 0) work++;
        return work;
      },
    },
    { vital: true },
  );
  await scheduler.run();
  return { framesPerSecond: rates.perSecond(), age: job.rateHz === null ? null : counter.ages.quantiles() };
}
