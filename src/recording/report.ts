import type { FrameTable } from "./frame-table.ts";
import type { RecordedStream } from "./recorded-stream.ts";
import type { Recording } from "./recording.ts";

/** Frames that are missing between two that are there. */
export interface Gap {
  readonly epoch: bigint;
  /** The first that is missing. */
  readonly fromSeq: number;
  readonly missing: number;
}

/** What a recording has of one epoch of a stream. */
export interface EpochReport {
  readonly epoch: bigint;
  readonly frames: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Numbers between the first and the last that are not there. */
  readonly missing: number;
}

/** What a recording has of one stream. */
export interface StreamReport {
  readonly streamId: number | null;
  readonly name: string;
  readonly topics: readonly string[];
  readonly frames: number;
  /** Of the values. */
  readonly bytes: number;
  readonly startNs: bigint | null;
  readonly endNs: bigint | null;
  readonly framesPerSecond: number | null;
  /** The longest time between two frames. */
  readonly longestPauseNs: number | null;
  readonly layout: string | null;
  readonly epochs: readonly EpochReport[];
  /** Where numbers are missing, the first of them. */
  readonly gaps: readonly Gap[];
}

const MAX_GAPS = 100;

/** Reads what every frame says of itself. @throws RecordingError */
export function reportStream(
  recording: Recording,
  stream: RecordedStream,
  describe: (frame: import("./decoded-frame.ts").DecodedFrame) => string,
): StreamReport {
  const table = recording.table(stream);
  const base = recording.index.chunks.baseNs ?? 0n;
  const reader = recording.reader(stream);
  const layout = reader.next() ? describe(reader.frame) : null;
  const { length } = table;
  const startNs = length === 0 ? null : base + BigInt(table.timeNs[0] as number);
  const endNs = length === 0 ? null : base + BigInt(table.timeNs[length - 1] as number);
  const spanNs = Number((endNs ?? 0n) - (startNs ?? 0n));
  let longestPauseNs: number | null = null;
  for (let i = 1; i < length; i++) {
    longestPauseNs = Math.max(longestPauseNs ?? 0, (table.timeNs[i] as number) - (table.timeNs[i - 1] as number));
  }
  return {
    streamId: stream.streamId,
    name: stream.name,
    topics: stream.topics,
    frames: length,
    bytes: table.bytes,
    startNs,
    endNs,
    framesPerSecond: length > 1 && spanNs > 0 ? ((length - 1) / spanNs) * 1e9 : null,
    longestPauseNs,
    layout,
    ...countEpochs(table, stream.streamId !== null),
  };
}

/** Numbers of other programs may mean anything: no gaps are made of them. */
function countEpochs(table: FrameTable, isNumbered: boolean): { epochs: EpochReport[]; gaps: Gap[] } {
  const gaps: Gap[] = [];
  const epochs = table.epochs.map((epoch, index) => {
    const seqs: number[] = [];
    for (let i = 0; i < table.length; i++) if (table.epochIndex[i] === index) seqs.push(table.seq[i] as number);
    const sorted = Float64Array.from(seqs).sort();
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
