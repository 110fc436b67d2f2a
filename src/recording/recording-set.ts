import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Attribute } from "../protocol/attribute.ts";
import { isDtype } from "../protocol/dtype.ts";
import { explainShapeFault, type FrameShape, shapeByteLength } from "../protocol/frame-layout.ts";
import type { ByteWindow } from "./byte-window.ts";
import type { DecodedFrame } from "./decoded-frame.ts";
import type { FrameReader } from "./frame-reader.ts";
import type { RecordedFrame } from "./recorded-frame.ts";
import type { RecordedStream } from "./recorded-stream.ts";
import { Recording } from "./recording.ts";
import { RecordingError } from "./recording-error.ts";

/** A stream of one part of a recording. */
interface StreamPart {
  readonly recording: Recording;
  readonly stream: RecordedStream;
  /** The part's base time, in ns from the beginning of the set. */
  readonly baseNs: number;
}

/** One stream over all parts of a recording, in recorded order. */
export interface SetStream {
  /** Its recorded id; null in a recording of another program. */
  readonly streamId: number | null;
  readonly name: string;
  readonly parts: readonly StreamPart[];
}

/** A recording in one or more files, read in sequence. */
export class RecordingSet implements Disposable {
  readonly recordings: readonly Recording[];
  readonly streams: readonly SetStream[];
  /** When the first and the last message were recorded, in ns since 1970. */
  readonly startNs: bigint;
  readonly endNs: bigint;

  private constructor(recordings: readonly Recording[]) {
    const ranges = new Map(recordings.map((each) => [each, each.timeRange]));
    const startOf = (recording: Recording): bigint => ranges.get(recording)?.startNs ?? 0n;
    this.recordings = [...recordings].sort((a, b) => (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0));
    const known = [...ranges.values()].filter((range) => range !== null);
    this.startNs = known.reduce((least, { startNs }) => (startNs < least ? startNs : least), known[0]?.startNs ?? 0n);
    this.endNs = known.reduce((most, { endNs }) => (endNs > most ? endNs : most), this.startNs);
    this.streams = this.#merge();
  }

  /** Opens files, and all `.mcap` files of folders. @throws RecordingError */
  static open(paths: readonly string[]): RecordingSet {
    const recordings: Recording[] = [];
    try {
      for (const path of paths.flatMap(filesOf)) recordings.push(Recording.open(path));
      return new RecordingSet(recordings);
    } catch (error) {
      for (const recording of recordings) recording.close();
      throw error;
    }
  }

  /** Length in ns. */
  get lengthNs(): number {
    return Number(this.endNs - this.startNs);
  }

  get name(): string {
    return this.recordings.map(({ path }) => path).join(", ");
  }

  /** The stream of this id, name or topic. @throws RecordingError "no-such-frame" */
  stream(which: string): SetStream {
    const found = this.streams.find(
      ({ streamId, name, parts }) =>
        String(streamId) === which || name === which || parts.some(({ stream }) => stream.topics.includes(which)),
    );
    if (found !== undefined) return found;
    throw new RecordingError("no-such-frame", `${this.name} has no stream ${which}: it has ${this.describeStreams()}`);
  }

  /** E.g. `10000 "camera-1", /lidar`. */
  describeStreams(): string {
    if (this.streams.length === 0) return "no streams of frames";
    return this.streams.map(({ streamId, name }) => (streamId === null ? name : `${streamId} "${name}"`)).join(", ");
  }

  reader(stream: SetStream): SetReader {
    return new SetReader(stream);
  }

  /** The frames of a stream recorded in a time range, both ends included, in ns from the beginning. @throws RecordingError */
  *frames({ parts }: SetStream, fromNs: number, toNs: number): Generator<RecordedFrame, void, undefined> {
    const from = this.startNs + BigInt(Math.floor(fromNs));
    const to = this.startNs + BigInt(Math.floor(toNs)) + 1n;
    for (const { recording, stream } of parts) yield* recording.frames(stream, { from, to });
  }

  /** When frame `seq` of a stream was recorded, in ns from the beginning. @throws RecordingError if it does not exist */
  timeOf(stream: SetStream, seq: number): number {
    for (const { recording, stream: part, baseNs } of stream.parts) {
      const table = recording.table(part);
      const i = table.find(seq);
      if (i !== -1) return baseNs + (table.timeNs[i] as number);
    }
    throw new RecordingError(
      "no-such-frame",
      `${this.name}: stream ${stream.streamId ?? stream.name} has no frame #${seq}`,
    );
  }

  /** Bytes of the largest frame of a stream. @throws RecordingError */
  maxFrameBytes({ parts }: SetStream): number {
    let most = 0;
    for (const { recording, stream } of parts) {
      const bytes = announcedBytes(stream) ?? recording.table(stream).maxByteLength;
      if (bytes > most) most = bytes;
    }
    return most;
  }

  close(): void {
    for (const recording of this.recordings) recording.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #merge(): readonly SetStream[] {
    const merged = new Map<string, { streamId: number | null; name: string; parts: StreamPart[] }>();
    for (const recording of this.recordings) {
      const baseNs = Number((recording.index.chunks.baseNs ?? this.startNs) - this.startNs);
      for (const stream of recording.streams) {
        const entry = merged.get(stream.label) ?? { streamId: stream.streamId, name: stream.name, parts: [] };
        entry.parts.push({ recording, stream, baseNs });
        merged.set(stream.label, entry);
      }
    }
    return [...merged.values()];
  }
}

/** The frames of a stream over all parts in sequence, without an object for each. */
export class SetReader {
  readonly #readers: readonly FrameReader[];
  readonly #parts: readonly StreamPart[];
  #at = 0;

  constructor({ parts }: SetStream) {
    this.#parts = parts;
    this.#readers = parts.map(({ recording, stream }) => recording.reader(stream));
  }

  /** The current frame. */
  get frame(): DecodedFrame {
    return this.#reader.frame;
  }

  get window(): ByteWindow {
    return this.#reader.window;
  }

  /** When the current frame was recorded, in ns from the beginning of the set. */
  get timeNs(): number {
    return (this.#parts[this.#at] as StreamPart).baseNs + this.#reader.timeNs;
  }

  get logTimeNs(): bigint {
    return this.#reader.logTimeNs;
  }

  /** The attributes of the current frame's data source; the same object while they are unchanged. */
  get attributes(): readonly Attribute[] {
    const { recording, stream } = this.#parts[this.#at] as StreamPart;
    return recording.attributesOf(stream, this.frame.epoch, this.frame.metaVersion);
  }

  /** Moves to the next frame; false at the end. @throws RecordingError */
  next(): boolean {
    for (; this.#at < this.#readers.length; this.#at++) if (this.#reader.next()) return true;
    this.#at = Math.max(0, this.#readers.length - 1);
    return false;
  }

  /** Seeks to the first frame recorded `timeNs` after the beginning or later. */
  seek(timeNs: number): void {
    this.#at = 0;
    for (const [i, reader] of this.#readers.entries()) reader.seek(timeNs - (this.#parts[i] as StreamPart).baseNs);
  }

  get #reader(): FrameReader {
    return this.#readers[this.#at] as FrameReader;
  }
}

/** Size of the largest frame in bytes, according to the channels; null if one of them does not state it. */
function announcedBytes({ channelMetadata }: RecordedStream): number | null {
  let most = 0;
  for (const { dtype = "", shape, strides = "", order } of channelMetadata) {
    if (shape === undefined || !isDtype(dtype)) return null;
    const numbers = (text: string): number[] => (text === "" ? [] : text.split(",").map(Number));
    const described: FrameShape = {
      dtype,
      dims: numbers(shape),
      majorOrder: order === "F" || order === "column" ? "column" : "row",
      ...(strides === "" ? {} : { strides: numbers(strides) }),
    };
    if (explainShapeFault(described) !== null) return null;
    most = Math.max(most, shapeByteLength(described));
  }
  return most;
}

function filesOf(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const files = readdirSync(path).filter((name) => name.endsWith(".mcap"));
  if (files.length === 0) throw new RecordingError("not-found", `${path} has no .mcap files`);
  return files.sort().map((name) => join(path, name));
}
