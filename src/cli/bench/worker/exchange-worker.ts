import { NativeBuffer } from "../../../../ffi/memory.ts";
import type { BlockSubscription } from "../../../aeron/block-subscription.ts";
import { descriptorPublicationChannel, LIVE_TIMEOUTS, observerChannel } from "../../../aeron/channel.ts";
import { monotonic } from "../../../aeron/monotonic.ts";
import type { Publication } from "../../../aeron/publication.ts";
import { RatePacer } from "../../../protocol/rate-pacer.ts";
import { Histogram, type Quantiles } from "../histogram.ts";
import type { ExchangeJob } from "./jobs.ts";
import { RoleSetUp } from "./role-set-up.ts";

/** Size of a FrameDescriptor message. */
const MESSAGE_BYTES = 44;
const STREAM_ID = 4000;
const WINDOW_MESSAGES = 1024;
const BLOCK_BYTES = 64 * 1024;
/** Long enough for messages in flight; after this silence the subscriber's job is done. */
const SILENCE_NS = 1e9;
/** Share of the time until code is compiled; not measured. */
const WARM_UP_SHARE = 0.25;

/** Messages of 44 bytes at a fixed rate over plain Aeron, in the same kind of loop as that of the roles. */
export async function exchange(job: ExchangeJob): Promise<Quantiles | null> {
  const { aeronDir, idle } = job;
  const setUp = new RoleSetUp({ aeronDir, shmDir: aeronDir, embedded: job.side === "publisher", idle });
  if (job.side === "subscriber") return subscribe(setUp, job);
  const channel = descriptorPublicationChannel("aeron:ipc", WINDOW_MESSAGES, LIVE_TIMEOUTS);
  await publish(setUp, setUp.connection.addPublication(channel, STREAM_ID), job);
  return null;
}

async function publish({ scheduler }: RoleSetUp, publication: Publication, job: ExchangeJob): Promise<void> {
  const buffer = new NativeBuffer(MESSAGE_BYTES);
  const pacer = new RatePacer(job.rateHz);
  const endNs = job.seconds * 1e9;
  let beginNs = -1;
  scheduler.add(
    {
      roleName: "publisher",
      doWork: (nowNs) => {
        if (beginNs === -1) {
          if (!publication.isConnected) return 0;
          beginNs = nowNs;
        }
        if (nowNs - beginNs > endNs) scheduler.stop("done");
        if (!pacer.isDue(nowNs)) return 0;
        pacer.advance(nowNs);
        monotonic.write(buffer.view, 0, scheduler.clock.nanoTime());
        publication.publish(buffer.address, MESSAGE_BYTES);
        return 1;
      },
    },
    { vital: true },
  );
  await scheduler.run();
}

async function subscribe({ scheduler, connection }: RoleSetUp, job: ExchangeJob): Promise<Quantiles> {
  const histogram = new Histogram();
  const warmUp = job.rateHz * job.seconds * WARM_UP_SHARE;
  let messages = 0;
  let lastNs = 0;
  const subscription: BlockSubscription = connection.addBlockSubscription(
    observerChannel("aeron:ipc"),
    STREAM_ID,
    BLOCK_BYTES,
    (view, offset) => {
      lastNs = scheduler.clock.nanoTime();
      if (++messages > warmUp) histogram.add(lastNs - monotonic.read(view, offset));
    },
  );
  scheduler.add(
    {
      roleName: "subscriber",
      doWork: (nowNs) => {
        if (messages > 0 && nowNs - lastNs > SILENCE_NS) scheduler.stop("done");
        return subscription.poll(BLOCK_BYTES);
      },
    },
    { vital: true },
  );
  await scheduler.run();
  return histogram.quantiles();
}
