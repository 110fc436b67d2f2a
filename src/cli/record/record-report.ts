import { uptimeNs } from "../../core/clock.ts";
import { formatByteRate, formatBytes, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import type { Recorder } from "../../recorder/recorder.ts";
import type { StreamRecorder } from "../../recorder/stream-recorder.ts";
import { totalLost } from "../../roles/counters.ts";
import type { Column } from "../output/output.ts";
import { RateMeter } from "../role/rate-meter.ts";

interface StreamRow {
  readonly streamId: number;
  readonly name: string;
  readonly epoch: string | null;
  readonly recorded: number;
  readonly lost: number;
  readonly missing: Readonly<Record<string, number>>;
}

/** One row of statistics. */
export interface RecorderRow {
  readonly role: "recorder";
  readonly seconds: number;
  readonly state: string;
  readonly file: string | null;
  readonly files: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly recorded: number;
  readonly lost: number;
  readonly fileBytes: number;
  readonly bufferedBytes: number;
  /** For a flight recorder: the time span of the frames in memory, and the number of triggers so far. */
  readonly heldSeconds: number | null;
  readonly triggers: number | null;
  /** Bytes until the disk counts as full; null until it is known. */
  readonly roomBytes: number | null;
  /** How long that room lasts at the current rate; null while nothing is written. */
  readonly secondsLeft: number | null;
  readonly streams: readonly StreamRow[];
}

const COLUMNS: readonly Column<RecorderRow>[] = [
  { header: "frames/s", cell: (row) => formatRate(row.framesPerSecond) },
  { header: "bytes/s", cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "recorded", cell: (row) => row.recorded },
  { header: "lost", cell: (row) => row.lost },
  { header: "size", cell: (row) => formatBytes(row.fileBytes) },
  { header: "buffered", cell: (row) => formatBytes(row.bufferedBytes) },
  { header: "disk full in", cell: (row) => (row.secondsLeft === null ? "-" : formatDuration(row.secondsLeft * 1e9)) },
  { header: "state", cell: (row) => row.state },
];

const FLIGHT_COLUMNS: readonly Column<RecorderRow>[] = [
  { header: "held", cell: (row) => formatDuration((row.heldSeconds ?? 0) * 1e9) },
  { header: "triggers", cell: (row) => row.triggers },
];

export function recorderColumns(isFlight: boolean): readonly Column<RecorderRow>[] {
  return isFlight ? [...COLUMNS.slice(0, -1), ...FLIGHT_COLUMNS, ...COLUMNS.slice(-1)] : COLUMNS;
}

export function recordedFrames(streams: readonly StreamRecorder[]): number {
  return streams.reduce((sum, { counters }) => sum + counters.of.recorded.value, 0);
}

export function recordedBytes(streams: readonly StreamRecorder[]): number {
  return streams.reduce((sum, { counters }) => sum + counters.of.recordedBytes.value, 0);
}

export function lostFrames(streams: readonly StreamRecorder[]): number {
  return streams.reduce((sum, { consumer }) => sum + totalLost(consumer.counters), 0);
}

/** E.g. `3 stagingFull, 1 gap`; empty without losses. */
export function describeMissing(missing: Readonly<Record<string, number>>): string {
  return Object.entries(missing)
    .map(([cause, frames]) => `${cause} ${formatCount(frames)}`)
    .join(", ");
}

/** Returns a function that takes a recorder's row of statistics. */
export function rowTaker(recorder: Recorder, startNs: number, periodNs: number): (nowNs: number) => RecorderRow {
  const meter = new RateMeter(startNs, periodNs);
  return (nowNs) => {
    const { streams, writer, staging, flight } = recorder;
    const seconds = meter.begin(nowNs);
    const bytesPerSecond = meter.rate("written", writer.writtenBytes, seconds);
    const isKnown = Number.isFinite(writer.roomBytes);
    return {
      role: "recorder",
      seconds: uptimeNs(nowNs) / 1e9,
      state: flight === null || writer.state !== "writing" ? writer.state : flight.state,
      file: writer.path,
      files: writer.parts,
      framesPerSecond: meter.rate("recorded", recordedFrames(streams), seconds),
      bytesPerSecond,
      recorded: recordedFrames(streams),
      lost: lostFrames(streams),
      fileBytes: writer.writtenBytes,
      bufferedBytes: staging.pool.usedBytes,
      heldSeconds: flight === null ? null : flight.heldNs(nowNs) / 1e9,
      triggers: flight?.triggers ?? null,
      roomBytes: isKnown ? writer.roomBytes : null,
      secondsLeft: isKnown && bytesPerSecond > 0 ? writer.roomBytes / bytesPerSecond : null,
      streams: streams.map((stream) => ({
        streamId: stream.consumer.streamId,
        name: stream.name,
        epoch: stream.consumer.epoch === null ? null : String(stream.consumer.epoch),
        recorded: stream.counters.of.recorded.value,
        lost: totalLost(stream.consumer.counters),
        missing: stream.missing,
      })),
    };
  };
}
