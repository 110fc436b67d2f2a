import { describeShape } from "./describe-shape.ts";
import type { FrameTable } from "./frame-table.ts";
import { type LedgerRow, readLedger } from "./ledger-reader.ts";
import type { RecordingSet, SetStream } from "./recording-set.ts";

/** Missing frames between two that exist. */
export interface Gap {
  readonly epoch: bigint;
  /** The first missing one. */
  readonly fromSeq: number;
  readonly missing: number;
}

/** The recorded frames of one epoch of a stream. */
export interface EpochReport {
  readonly epoch: bigint;
  readonly frames: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Missing numbers between the first and the last. */
  readonly missing: number;
}

/** The recorded frames of one stream. */
export interface StreamReport {
  readonly streamId: number | null;
  readonly name: string;
  readonly topics: readonly string[];
  /** Layout of the first frame. */
  readonly layout: string | null;
  readonly frames: number;
  /** Bytes of the values. */
  readonly bytes: number;
  readonly startNs: bigint | null;
  readonly endNs: bigint | null;
  readonly framesPerSecond: number | null;
  readonly bytesPerSecond: number | null;
  /** The longest time between two frames. */
  readonly longestPauseNs: number | null;
  readonly epochs: readonly EpochReport[];
  /** The first gaps in the numbers. */
  readonly gaps: readonly Gap[];
}

export interface FileReport {
  readonly path: string;
  readonly bytes: number;
  /** The program that wrote it. */
  readonly library: string;
  /** True when it has an index of its own. */
  readonly hasIndex: boolean;
  readonly cut: { readonly at: number; readonly because: string } | null;
}

export interface RecordingReport {
  readonly files: readonly FileReport[];
  readonly startNs: bigint | null;
  readonly lengthNs: number;
  readonly streams: readonly StreamReport[];
  /** Topics without frames. */
  readonly otherTopics: readonly string[];
  /** The recorder's account: the last row of each stream and epoch. */
  readonly ledger: readonly LedgerRow[];
}

const MAX_GAPS = 1000;

/** Reads every frame's description. @throws RecordingError */
export function reportRecordings(set: RecordingSet): RecordingReport {
  const topics = new Set<string>();
  for (const { index, streams } of set.recordings) {
    const ofFrames = new Set(streams.flatMap((stream) => [...stream.channelIds]));
    for (const { id, topic } of index.channels.values()) if (!ofFrames.has(id)) topics.add(topic);
  }
  return {
    files: set.recordings.map(({ path, window, index }) => ({
      path,
      bytes: window.byteLength,
      library: index.library,
      hasIndex: index.isFromSummary,
      cut: index.cut,
    })),
    startNs: set.recordings.some(({ timeRange }) => timeRange !== null) ? set.startNs : null,
    lengthNs: set.lengthNs,
    streams: set.streams.map((stream) => reportStream(set, stream)),
    otherTopics: [...topics].sort(),
    ledger: readLedger(set.recordings),
  };
}

function reportStream(set: RecordingSet, stream: SetStream): StreamReport {
  const reader = set.reader(stream);
  const layout = reader.next() ? describeShape(reader.frame) : null;
  const accounts = new Map<bigint, number[]>();
  let [frames, bytes, firstNs, lastNs, longest] = [0, 0, Number.NaN, Number.NaN, Number.NaN];
  for (const { recording, stream: part, baseNs } of stream.parts) {
    const table = recording.table(part);
    bytes += table.bytes;
    for (let i = 0; i < table.length; i++) {
      const timeNs = baseNs + (table.timeNs[i] as number);
      if (frames > 0) longest = Math.max(Number.isNaN(longest) ? 0 : longest, timeNs - lastNs);
      else firstNs = timeNs;
      lastNs = timeNs;
      frames++;
    }
    collectNumbers(table, accounts);
  }
  const spanNs = lastNs - firstNs;
  const perSecond = (amount: number): number | null => (frames > 1 && spanNs > 0 ? (amount * 1e9) / spanNs : null);
  const at = (timeNs: number): bigint | null =>
    Number.isNaN(timeNs) ? null : set.startNs + BigInt(Math.round(timeNs));
  const { streamId, name } = stream;
  return {
    streamId,
    name,
    topics: [...new Set(stream.parts.flatMap(({ stream: part }) => part.topics))],
    layout,
    frames,
    bytes,
    startNs: at(firstNs),
    endNs: at(lastNs),
    framesPerSecond: perSecond(frames - 1),
    bytesPerSecond: perSecond(frames === 0 ? 0 : bytes - bytes / frames),
    longestPauseNs: Number.isNaN(longest) ? null : longest,
    ...countEpochs(accounts, streamId !== null),
  };
}

function collectNumbers(table: FrameTable, into: Map<bigint, number[]>): void {
  for (let i = 0; i < table.length; i++) {
    const epoch = table.epochs[table.epochIndex[i] as number] as bigint;
    const numbers = into.get(epoch);
    if (numbers === undefined) into.set(epoch, [table.seq[i] as number]);
    else numbers.push(table.seq[i] as number);
  }
}

/** Numbers of other programs have no known meaning: they produce no gaps. */
function countEpochs(
  accounts: ReadonlyMap<bigint, readonly number[]>,
  isNumbered: boolean,
): { epochs: EpochReport[]; gaps: Gap[] } {
  const gaps: Gap[] = [];
  const epochs = [...accounts].map(([epoch, numbers]): EpochReport => {
    const sorted = Float64Array.from(numbers).sort();
    let missing = 0;
    for (let i = 1; i < sorted.length && isNumbered; i++) {
      const absent = (sorted[i] as number) - (sorted[i - 1] as number) - 1;
      if (absent <= 0) continue;
      missing += absent;
      if (gaps.length < MAX_GAPS) gaps.push({ epoch, fromSeq: (sorted[i - 1] as number) + 1, missing: absent });
    }
    return { epoch, frames: sorted.length, firstSeq: sorted[0] ?? 0, lastSeq: sorted.at(-1) ?? 0, missing };
  });
  return { epochs, gaps };
}
