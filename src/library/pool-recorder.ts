import { join } from "node:path";
import type { Agent } from "../core/agent.ts";
import { OptionError } from "../core/errors.ts";
import { absolutePath } from "../core/exact-text.ts";
import { isText } from "../core/rules.ts";
import { Recorder } from "../recorder/recorder.ts";
import { RecorderError } from "../recorder/recorder-error.ts";
import { RECORDING_DEFAULTS, type RecordingOptions } from "../recorder/recording-options.ts";
import type { StreamRecorder } from "../recorder/stream-recorder.ts";
import { Consumer } from "../roles/consumer.ts";
import type { ConsumerOptions } from "../roles/consumer-options.ts";
import type { AttachError } from "../roles/errors.ts";
import { AllowedBaseDirs } from "../shm/index.ts";
import { type CarriedSource, PoolAgents, type PoolSurroundings } from "./pool-bridges.ts";
import type {
  AddRecorderOptions,
  Recorder as RecorderHandle,
  RecorderState,
  RecorderStream,
} from "./recorder-handle.ts";

const DEFAULT_AFTER_MS = 5_000;
/** The files of triggers are named after it: `flight-<time>-<number>.mcap`. */
const FLIGHT_FILE = "flight.mcap";
const LIBRARY = "tensorpool library";

/** The recorder behind the interface: a consumer for each stream, and the agent that writes their frames. */
export class PoolRecorder extends PoolAgents implements RecorderHandle {
  readonly ended: Promise<void>;
  readonly #consumers: readonly Consumer[];
  readonly #recorder: Recorder;
  readonly #pool: PoolSurroundings;
  #isClosed = false;

  private constructor(pool: PoolSurroundings, sources: readonly CarriedSource[], options: AddRecorderOptions) {
    super(pool.end);
    const { promise, resolve: onDone } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#pool = pool;
    this.#recorder = new Recorder(pool.clock, { ...recordingOptionsOf(options), library: LIBRARY, onDone });
    this.#consumers = sources.map(({ streamId, driver }, i) => {
      const stream = options.streams[i];
      const make = (onAttributes: ConsumerOptions["onAttributes"] & object): Consumer =>
        new Consumer(pool.connection, pool.clock, {
          streamId,
          mode: "stream",
          streams: pool.streams,
          baseDirs: AllowedBaseDirs.resolve([pool.shmDir]),
          onAttributes,
          ...(driver === null ? {} : { driver }),
        });
      return this.#recorder.add(make, typeof stream === "string" ? stream : null).consumer;
    });
  }

  /** The recorder is closed before its consumers. */
  get agents(): readonly Agent[] {
    return [...this.#consumers, this.#recorder];
  }

  /** For the pool: a recorder with its first file. @throws NotFoundError, OptionError, RecorderError */
  static async open(pool: PoolSurroundings, options: AddRecorderOptions): Promise<PoolRecorder> {
    const { streams } = options;
    const sources: CarriedSource[] = [];
    for (const stream of streams) sources.push(await pool.sourceOf({ ...options, stream }));
    const made = new PoolRecorder(pool, sources, options);
    await made.#recorder.open();
    return made;
  }

  /** For the pool: the stream that a lease error names. */
  get streamId(): number {
    const first = this.#consumers.find(({ isAttached }) => !isAttached) ?? this.#consumers[0];
    return first?.streamId ?? 0;
  }

  /** For the pool: true if each consumer has its lease. */
  get isAttached(): boolean {
    return this.#consumers.every(({ isAttached }) => isAttached);
  }

  /** For the pool: why a lease was last refused. */
  get attachRefusal(): AttachError | null {
    return this.#consumers.find(({ attachRefusal }) => attachRefusal !== null)?.attachRefusal ?? null;
  }

  get state(): RecorderState {
    const { writer, flight } = this.#recorder;
    if (this.#isClosed || writer.state === "closed") return "closed";
    if (writer.state === "failed" || writer.state === "full") return writer.state;
    return flight?.state === "waiting" ? "waiting" : "writing";
  }

  get failure(): Error | null {
    return this.#recorder.writer.failure;
  }

  get streams(): readonly RecorderStream[] {
    return this.#recorder.streams.map(streamOf);
  }

  get path() {
    return this.#recorder.writer.path;
  }

  get files() {
    return this.#recorder.writer.parts;
  }

  get writtenBytes() {
    return this.#recorder.writer.writtenBytes;
  }

  get bufferedBytes() {
    return this.#recorder.staging.pool.usedBytes;
  }

  get heldMs() {
    return (this.#recorder.flight?.heldNs(this.#pool.clock.nanoTime()) ?? 0) / 1e6;
  }

  get missing(): Readonly<Record<string, number>> {
    return this.#recorder.missing;
  }

  trigger(reason = "the program") {
    isText("reason", reason);
    if (this.#isClosed) throw new RecorderError("options", "this recorder is closed");
    return this.#recorder.trigger(reason);
  }

  override close(): Promise<void> {
    this.#isClosed = true;
    return super.close();
  }
}

function streamOf({ consumer, counters, name }: StreamRecorder): RecorderStream {
  return { streamId: consumer.streamId, name, counters };
}

/** Members that are undefined count as left out. */
function minFreeOf(given: AddRecorderOptions["minFree"]): RecordingOptions["minFree"] {
  const { bytes, fraction }: { readonly bytes?: number; readonly fraction?: number } = given ?? {};
  if (bytes !== undefined) return { bytes };
  return fraction === undefined ? RECORDING_DEFAULTS.minFree : { fraction };
}

/** @throws OptionError */
function recordingOptionsOf(options: AddRecorderOptions): RecordingOptions & { count?: number; once?: boolean } {
  const { to, flight, count, once, splitBytes, splitMs, keepBytes, minFree, bufferBytes, pageCacheBytes, zstdLevel } =
    options;
  if (flight !== undefined) {
    if (count !== undefined)
      throw new OptionError("count", "a flight recorder cannot end after a number of frames: leave it out");
  } else if (!to.endsWith(".mcap")) {
    throw new OptionError("to", `expected a file that ends in .mcap, found ${JSON.stringify(to)}`, {
      found: to,
    });
  }
  return {
    path: flight === undefined ? absolutePath(to) : join(absolutePath(to), FLIGHT_FILE),
    minFree: minFreeOf(minFree),
    bufferBytes: bufferBytes ?? RECORDING_DEFAULTS.bufferBytes,
    pageCacheBytes: pageCacheBytes ?? RECORDING_DEFAULTS.pageCacheBytes,
    ...(splitBytes === undefined ? {} : { splitBytes }),
    ...(splitMs === undefined ? {} : { splitNs: splitMs * 1e6 }),
    ...(keepBytes === undefined ? {} : { keepBytes }),
    ...(zstdLevel === undefined ? {} : { zstdLevel }),
    ...(count === undefined ? {} : { count }),
    ...(once === undefined ? {} : { once }),
    ...(flight === undefined
      ? {}
      : {
          flight: {
            beforeNs: flight.beforeMs * 1e6,
            afterNs: (flight.afterMs ?? DEFAULT_AFTER_MS) * 1e6,
            onLoss: flight.onLoss ?? false,
          },
        }),
  };
}
