import { basename } from "node:path";
import { type LedgerRow, readLedger } from "../../recording/ledger-reader.ts";
import type { RecordingSet, SetStream } from "../../recording/recording-set.ts";
import type { RecordingGap, RecordingInfo, RecordingStream } from "../messages.ts";
import type { FrameTimes } from "./frame-times.ts";
import { type EpochLack, lackOf } from "./gaps.ts";

/** Most separately counted parts of the time, and frames per part so that a steady rate looks steady. */
const MAX_PARTS = 600;
const FRAMES_PER_PART = 8;
const MAX_GAPS = 200;
const MAX_EPOCHS = 200;

/** The description of a recording for pages. `keys`: the id of each stream in messages. @throws RecordingError */
export function describeRecording(
  set: RecordingSet,
  times: readonly FrameTimes[],
  keys: readonly number[],
): RecordingInfo {
  const ledger = readLedger(set.recordings);
  return {
    names: set.recordings.map(({ path }) => basename(path)),
    startMs: Number(set.startNs / 1_000_000n),
    lengthNs: set.lengthNs,
    bytes: set.recordings.reduce((sum, { window }) => sum + window.byteLength, 0),
    cuts: set.recordings.flatMap(({ path, cut }) => (cut === null ? [] : [`${basename(path)}: ${cut.because}`])),
    streams: set.streams.map((stream, i) =>
      describeStream(stream, times[i] as FrameTimes, keys[i] as number, set.lengthNs, ledger),
    ),
  };
}

function describeStream(
  { streamId, name }: SetStream,
  times: FrameTimes,
  key: number,
  lengthNs: number,
  ledger: readonly LedgerRow[],
): RecordingStream {
  const parts = Math.min(MAX_PARTS, Math.max(1, Math.floor(times.length / FRAMES_PER_PART)));
  const density = new Array<number>(parts).fill(0);
  const lacks = new Array<number>(MAX_PARTS).fill(0);
  const partOf = (timeNs: number, { length }: readonly number[]): number =>
    lengthNs === 0 ? 0 : Math.min(length - 1, Math.floor((timeNs / lengthNs) * length));
  const add = (counts: number[], at: number, count: number): void => {
    counts[at] = (counts[at] as number) + count;
  };
  const gaps: RecordingGap[] = [];
  const epochs: { epoch: string; atNs: number }[] = [];
  const rows = ledger.filter(({ stream }) => stream === streamId);
  let [missing, leftOut, usualStep] = [0, 0, 1];
  let lack: EpochLack | null = null;
  /** What is lost by the account, and was not found in a gap yet. */
  let lostLeft = 0;
  for (let i = 0; i < times.length; i++) {
    const [toNs, seq, epoch] = [times.timeNs[i] as number, times.seq[i] as number, times.epochOf(i)];
    add(density, partOf(toNs, density), 1);
    if (lack === null || epoch !== times.epochOf(i - 1)) {
      if (epochs.length < MAX_EPOCHS) epochs.push({ epoch: String(epoch ?? 0n), atNs: toNs });
      let end = i + 1;
      while (end < times.length && times.epochOf(end) === epoch) end++;
      const row = rows.find((each) => each.epoch === String(epoch));
      lack = lackOf(times, { first: i, end }, row);
      lostLeft = lack.lost;
      usualStep = Math.max(usualStep, lack.step);
      continue;
    }
    const [fromNs, previous] = [times.timeNs[i - 1] as number, times.seq[i - 1] as number];
    // In streams without numbers all are 0.
    if (seq <= previous + 1) continue;
    const lost = Math.min(lack.lostBetween(previous, seq), lostLeft);
    lostLeft -= lost;
    missing += lost;
    leftOut += seq - previous - 1 - lost;
    if (lost === 0) continue;
    gaps.push({ fromNs, toNs, fromSeq: previous + 1, toSeq: seq - 1, missing: lost });
    const [first, last] = [partOf(fromNs, lacks), partOf(toNs, lacks)];
    for (let part = first; part <= last; part++) add(lacks, part, lost / (last - first + 1));
    if (gaps.length >= MAX_GAPS * 8) keepLongest(gaps);
  }
  const found = gaps.length;
  keepLongest(gaps);
  return {
    stream: key,
    hasId: streamId !== null,
    name,
    frames: times.length,
    bytes: times.bytes,
    missing,
    leftOut,
    step: usualStep,
    gaps,
    furtherGaps: found - gaps.length,
    epochs,
    density,
    lacks,
    ledger: rows,
  };
}

/** Keeps the longest gaps, in time order. */
function keepLongest(gaps: RecordingGap[]): void {
  if (gaps.length <= MAX_GAPS) return;
  gaps.sort((a, b) => b.missing - a.missing);
  gaps.length = MAX_GAPS;
  gaps.sort((a, b) => a.fromNs - b.fromNs);
}
