import { libc } from "../../../ffi/libc.ts";
import { processNs } from "../../core/clock.ts";
import { LONGEST_WAIT_NS, type WaitPoint } from "../../core/wait-point.ts";
import { FLOW_ATTRIBUTE_KEY, textAttribute } from "../../protocol/attribute.ts";
import type { DecodedFrame } from "../../recording/decoded-frame.ts";
import { reverseElements } from "../../recording/recorded-frame.ts";
import { RecordingError } from "../../recording/recording-error.ts";
import type { RecordingSet, SetReader, SetStream } from "../../recording/recording-set.ts";
import { FILL_LIMIT_BYTES } from "../input/stream-source.ts";
import { NO_LAYOUT } from "../layout.ts";
import type { Attribute, DataSource, FillState, FrameLayout, Source, SourceState } from "../types.ts";
import { errorOfRecording } from "./errors.ts";
import type { ReplayClock, ReplayFollower } from "./replay-clock.ts";

/** The part of a recording to replay, and how. */
export interface ReplayOptions {
  readonly set: RecordingSet;
  readonly stream: SetStream;
  readonly clock: ReplayClock;
  /** Start of the part, in ns from the beginning of the recording. */
  readonly fromNs: number;
  readonly toNs: number;
  readonly isRepeated: boolean;
  /** True: frames are stamped when they are sent, instead of with their recorded timestamps. */
  readonly stampsAgain: boolean;
  /** Closes resources shared by several sources; called at the end of this one. */
  readonly onClose: () => void;
}

/** A wait ends this long before a frame is due, so that the thread is ready in time. */
const WAKE_EARLY_NS = 80_000;
const NOT_SOUGHT = -1;
const NO_ATTRIBUTES: readonly Attribute[] = [];

/** The frames of one stream of a recording, at their times. */
export class ReplaySource implements Source, ReplayFollower, WaitPoint {
  readonly live = false;
  readonly nativeRateHz = null;
  readonly maxByteLength: number;
  readonly dataSource: DataSource;
  readonly #options: ReplayOptions;
  readonly #reader: SetReader;
  readonly #spec: string;
  #state: "wanted" | "ready" | "end" = "wanted";
  #attributes: readonly Attribute[] = NO_ATTRIBUTES;
  /** The recorded attributes from which `#attributes` was created. */
  #recorded: readonly Attribute[] | null = null;
  #encoding = "";
  #filledBytes = 0;
  /** Position of the current frame, in ns from the beginning of the replay. */
  #positionNs = 0;
  /** Offset of positions from earlier rounds. */
  #roundNs = 0;
  /** Target of a seek once the current frame is complete. */
  #soughtNs = NOT_SOUGHT;
  #hasFrames = false;
  #isClosed = false;

  /** @throws SourceError */
  constructor(spec: string, options: ReplayOptions) {
    this.#spec = spec;
    this.#options = options;
    const { set, stream, clock, fromNs } = options;
    this.dataSource = { name: stream.name };
    this.#reader = set.reader(stream);
    try {
      this.maxByteLength = set.maxFrameBytes(stream);
      this.#reader.seek(fromNs);
      this.#advance();
    } catch (error) {
      throw errorOfRecording(error);
    }
    clock.follow(this);
  }

  get description(): string {
    return this.#hasFrames ? this.#spec : `${this.#spec} without frames`;
  }

  get layout(): FrameLayout {
    return this.#hasFrames ? this.#reader.frame : NO_LAYOUT;
  }

  /** Attributes of the current frame. */
  get attributes(): readonly Attribute[] {
    return this.#attributes;
  }

  get nextNs(): number {
    return this.#state === "ready" ? this.#positionNs : Number.POSITIVE_INFINITY;
  }

  get waitPoint(): WaitPoint {
    return this;
  }

  poll(nowNs: number): SourceState {
    if (this.#isClosed) return "end";
    if (this.#state === "wanted") this.#guarded(() => this.#advance());
    if (this.#state === "end") return "end";
    return this.#options.clock.isDue(this.#positionNs, nowNs) ? "ready" : "idle";
  }

  fill(target: Uint8Array, _nowNs: number): FillState {
    const { frame, window } = this.#reader;
    const from = this.#filledBytes;
    const to = Math.min(frame.byteLength, from + FILL_LIMIT_BYTES);
    try {
      window.copy(to - from === target.length ? target : target.subarray(from, to), frame.dataAt + from);
    } catch (error) {
      throw errorOfRecording(error);
    }
    this.#filledBytes = to;
    if (to < frame.byteLength) return "more";
    reverseElements(target, frame.swapBytes);
    return this.skip();
  }

  skip(): FillState {
    this.#filledBytes = 0;
    this.#state = "wanted";
    if (this.#soughtNs >= 0) this.seek(this.#soughtNs);
    this.#soughtNs = NOT_SOUGHT;
    return "done";
  }

  seek(positionNs: number): void {
    if (this.#filledBytes > 0) {
      // The current frame is completed first.
      this.#soughtNs = positionNs;
      return;
    }
    this.#roundNs = 0;
    this.#reader.seek(this.#options.fromNs + positionNs);
    this.#state = "wanted";
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#state = "end";
    this.#options.onClose();
  }

  arm(): boolean {
    // Even shortly before the time: a pause of the idle strategy would be longer than the remaining time.
    return this.#untilNs() !== Number.POSITIVE_INFINITY;
  }

  wait(): boolean {
    const restNs = Math.min(this.#untilNs() - WAKE_EARLY_NS, LONGEST_WAIT_NS);
    if (restNs > 0) libc.usleep(Math.floor(restNs / 1000));
    return this.#untilNs() < LONGEST_WAIT_NS;
  }

  #untilNs(): number {
    return this.#options.clock.untilNs(this.nextNs, processNs());
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw errorOfRecording(error);
    }
  }

  /** Takes the stream's recorded attributes; its flow is this producer's own. */
  #takeAttributes(): void {
    const { streamId } = this.#options.stream;
    const { attributes, frame } = this.#reader;
    if (attributes === this.#recorded && (streamId !== null || frame.encoding === this.#encoding)) return;
    this.#recorded = attributes;
    this.#encoding = frame.encoding;
    const found =
      streamId === null ? foreignAttributes(frame) : attributes.filter(({ key }) => key !== FLOW_ATTRIBUTE_KEY);
    // The next part of a recording repeats the same attributes.
    if (!sameAttributes(found, this.#attributes)) this.#attributes = found;
  }

  /** Finds the next frame and its position. */
  #advance(): void {
    const { fromNs, toNs, isRepeated, stampsAgain, clock } = this.#options;
    const reader = this.#reader;
    if (!reader.next() || reader.timeNs > toNs) {
      if (!isRepeated || !this.#hasFrames) {
        this.#state = "end";
        return;
      }
      this.#roundNs += clock.lengthNs;
      reader.seek(fromNs);
      if (!reader.next())
        throw new RecordingError("damaged", `${this.#options.set.name}: its first frame is not there any more`);
    }
    this.#hasFrames = true;
    this.#positionNs = reader.timeNs - fromNs + this.#roundNs;
    this.#takeAttributes();
    if (stampsAgain) reader.frame.timestampNs = undefined;
    this.#state = "ready";
  }
}

/** Attributes from another program's image. */
function foreignAttributes({ encoding, frameId, clock }: DecodedFrame): readonly Attribute[] {
  return [
    textAttribute("image.encoding", encoding),
    ...(frameId === "" ? [] : [textAttribute("image.frame_id", frameId)]),
    ...(clock === "" ? [] : [textAttribute("tensorpool.timestamp_clock", clock)]),
  ];
}

function sameAttributes(a: readonly Attribute[], b: readonly Attribute[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(({ key, format, value }, i) => {
    const other = b[i] as Attribute;
    return key === other.key && format === other.format && Buffer.compare(value, other.value) === 0;
  });
}
