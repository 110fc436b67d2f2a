import { type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { countOf, runStream, slowestOf } from "../stream-run.ts";
import type { Workspace } from "../workspace.ts";

const PAYLOAD_BYTES = 64;
const SLOTS = 1024;
const SECONDS = 5;
/** A rate that is too high is divided by this until one is sustained. */
const DESCENT = 4;
const LEAST_HZ = 50;
/** Bisection steps, on a logarithmic scale, between a rate that was too high and one that was sustained. */
const STEPS = 4;
const MAX_LOST_SHARE = 0.001;
/** A producer below this share did not offer the requested rate. */
const MIN_OFFERED_SHARE = 0.99;

interface Trial {
  readonly rateHz: number | null;
  readonly offeredPerSecond: number;
  readonly lostShare: number;
  readonly isSustained: boolean;
}

/** The highest rate of live frames at which at most 0.1 % of them are lost for five seconds. */
export async function sustained(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const trials: Trial[] = [await trial(workspace, options, null)];
  const unpaced = trials[0] as Trial;
  let low = unpaced.isSustained ? Math.round(unpaced.offeredPerSecond) : 0;
  let high = unpaced.offeredPerSecond;
  const tryRate = async (ratePerSecond: number): Promise<void> => {
    const rateHz = Math.round(ratePerSecond);
    const next = await trial(workspace, options, rateHz);
    trials.push(next);
    if (next.isSustained) low = rateHz;
    else high = rateHz;
  };
  while (low === 0 && high / DESCENT >= LEAST_HZ) await tryRate(high / DESCENT);
  for (let step = 0; step < STEPS && low > 0 && !unpaced.isSustained; step++) await tryRate(Math.sqrt(low * high));
  const payloadBytes = options.payloadBytes ?? PAYLOAD_BYTES;
  const section = `sustained, ${payloadBytes} B, --flow drop`;
  return {
    json: { payloadBytes, framesPerSecond: low, bytesPerSecond: low * payloadBytes, trials },
    figures: [
      {
        section,
        name: `highest rate with at most ${MAX_LOST_SHARE * 100} % lost`,
        value: low,
        unit: "frames/s",
      },
    ],
  };
}

async function trial(workspace: Workspace, options: BenchOptions, rateHz: number | null): Promise<Trial> {
  say(`sustained: ${rateHz === null ? "as fast as possible" : `${rateHz} frames/s`}`);
  const seconds = options.seconds ?? SECONDS;
  const outcome = await runStream(workspace, {
    payloadBytes: options.payloadBytes ?? PAYLOAD_BYTES,
    slots: options.slots ?? SLOTS,
    fill: options.fill ?? "copy",
    flow: "drop",
    idle: options.idle ?? "backoff",
    mediaDriver: options.mediaDriver ?? "embedded",
    consumers: options.consumers ?? 1,
    frames: null,
    seconds,
    rateHz,
    reads: "all",
  });
  const claimed = countOf(outcome.producer, "claimed");
  const lostShare = 1 - countOf(slowestOf(outcome), "accepted") / claimed;
  const offeredPerSecond = claimed / seconds;
  const isOffered = rateHz === null || offeredPerSecond >= rateHz * MIN_OFFERED_SHARE;
  return { rateHz, offeredPerSecond, lostShare, isSustained: isOffered && lostShare <= MAX_LOST_SHARE };
}
