import { UsageError } from "../../core/errors.ts";
import { RecordingError } from "../../recording/recording-error.ts";
import type { RecordingSet, SetStream } from "../../recording/recording-set.ts";
import { type Position, resolvePosition } from "./position.ts";
import { ReplayClock } from "./replay-clock.ts";
import { ReplaySource } from "./replay-source.ts";

/** How a recording is to be replayed. */
export interface ReplayPlan {
  readonly from: Position | null;
  readonly to: Position | null;
  /** Times as fast as it was recorded; Infinity: as fast as frames are taken. */
  readonly speed: number;
  readonly isRepeated: boolean;
  readonly stampsAgain: boolean;
}

/** Between two rounds of a recording of one frame, whose spacing is not known. */
const LONE_FRAME_NS = 1e9;
const MIN_SPEED = 0.001;
const MAX_SPEED = 1000;

/** `2`, `0.1` or `max`. @throws UsageError */
export function parseSpeed(text: string, option: string): number {
  if (text === "max") return Number.POSITIVE_INFINITY;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (speed >= MIN_SPEED && speed <= MAX_SPEED) return speed;
  const expected = `max, or a number from ${MIN_SPEED} to ${MAX_SPEED}`;
  throw new UsageError(`${option}: expected ${expected}, found "${text}"`, { expected, found: text });
}

/** The sources of several streams of a recording, which are replayed in step. */
export interface Replay {
  readonly clock: ReplayClock;
  readonly sources: readonly ReplaySource[];
}

/**
 * Makes sources of streams of a recording, which is closed with the last of them. @param specOf what describes a source
 * @throws SourceError, RecordingError
 */
export function newReplay(
  set: RecordingSet,
  streams: readonly SetStream[],
  plan: ReplayPlan,
  specOf: (stream: SetStream) => string,
): Replay {
  const first = streams[0];
  if (first === undefined) throw new RecordingError("no-such-frame", `${set.name} has no streams of frames`);
  const fromNs = plan.from === null ? 0 : Math.max(0, positionOf(plan.from, set, streams));
  const toNs = plan.to === null ? set.lengthNs : Math.min(set.lengthNs, positionOf(plan.to, set, streams));
  if (toNs < fromNs) {
    throw new RecordingError(
      "no-such-frame",
      `${set.name}: there is nothing between the two positions: the recording is ${set.lengthNs / 1e9} s long`,
    );
  }
  const clock = new ReplayClock(plan.speed, roundNs(set, streams, toNs - fromNs));
  let open = streams.length;
  const onClose = (): void => {
    open -= 1;
    if (open === 0) set.close();
  };
  const { isRepeated, stampsAgain } = plan;
  const options = { set, clock, fromNs, toNs, isRepeated, stampsAgain, onClose };
  return { clock, sources: streams.map((stream) => new ReplaySource(specOf(stream), { ...options, stream })) };
}

/** A frame is looked for in the streams from the first on. */
function positionOf(position: Position, set: RecordingSet, streams: readonly SetStream[]): number {
  let failure: unknown;
  for (const stream of streams) {
    try {
      return resolvePosition(position, set, stream);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** From the beginning of a round to that of the next: the last frame is followed as the others are, on average. */
function roundNs(set: RecordingSet, streams: readonly SetStream[], lengthNs: number): number {
  let most = 0;
  for (const { parts } of streams) {
    let count = 0;
    for (const { recording, stream } of parts) {
      for (const id of stream.channelIds) count += recording.index.messageCounts.get(id) ?? 0;
    }
    most = Math.max(most, count);
  }
  return most > 1 && lengthNs > 0 ? lengthNs + (set.lengthNs || lengthNs) / (most - 1) : LONE_FRAME_NS;
}
