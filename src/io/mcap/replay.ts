import { formatDuration } from "../../core/units.ts";
import { RecordingError } from "../../recording/recording-error.ts";
import type { RecordingSet, SetStream } from "../../recording/recording-set.ts";
import { type Position, resolvePosition } from "./position.ts";
import { ReplayClock } from "./replay-clock.ts";
import { ReplaySource } from "./replay-source.ts";

/** Parameters of a replay. */
export interface ReplayPlan {
  readonly from: Position | null;
  readonly to: Position | null;
  /** Multiple of the recorded speed; Infinity: as fast as frames are accepted. */
  readonly speed: number;
  readonly isRepeated: boolean;
  readonly stampsAgain: boolean;
}

/** Time between two rounds of a single-frame recording, whose spacing is unknown. */
const LONE_FRAME_NS = 1e9;
/** The sources of several streams of a recording, replayed in step. */
export interface Replay {
  readonly clock: ReplayClock;
  readonly sources: readonly ReplaySource[];
}

/**
 * Creates sources for streams of a recording, which is closed with the last of them. @param specOf the description of a source
 * @throws SourceError, RecordingError
 */
export function newReplay(
  set: RecordingSet,
  streams: readonly SetStream[],
  plan: ReplayPlan,
  specOf: (stream: SetStream) => string,
): Replay {
  const { fromNs, toNs } = resolveRange(set, streams, plan.from, plan.to);
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

/** A part of a recording in ns from its beginning, both ends included. @throws RecordingError if it is empty */
export function resolveRange(
  set: RecordingSet,
  streams: readonly SetStream[],
  from: Position | null,
  to: Position | null,
): { readonly fromNs: number; readonly toNs: number } {
  if (streams.length === 0) throw new RecordingError("no-such-frame", `${set.name} has no streams of frames`);
  const fromNs = from === null ? 0 : Math.max(0, positionOf(from, set, streams));
  const toNs = to === null ? set.lengthNs : Math.min(set.lengthNs, positionOf(to, set, streams));
  if (toNs >= fromNs) return { fromNs, toNs };
  throw new RecordingError(
    "no-such-frame",
    `${set.name}: there is nothing between the two positions: the recording is ${formatDuration(set.lengthNs)} long`,
  );
}

/** A frame is searched in the streams, beginning with the first. */
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

/** Time from the beginning of one round to the next: the last frame is followed by the average spacing. */
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
