import type { Dtype, MajorOrder } from "../../protocol/dtype.ts";
import type { ConsumerView, EventView, StreamView } from "../../supervision/model/views.ts";
import { type PlayheadMessage, type RecordingInfo, SAMPLES_KEPT, type Sample } from "../messages.ts";
import type { WelcomeMessage } from "./link.ts";

/** Epochs arrive as text: they may exceed the range of a double. */
type Told<T> = { readonly [K in keyof T]: T[K] extends bigint | null ? string | null : T[K] };

export type StreamState = Told<StreamView> & {
  readonly summary: string;
  readonly dtype: Dtype | null;
  readonly dims: readonly number[] | null;
  readonly majorOrder: MajorOrder | null;
  readonly trouble: string | null;
  readonly sample: Sample | null;
};

export type ConsumerState = Told<ConsumerView>;

export interface StateMessage {
  readonly type: "state";
  readonly timeMs: number;
  readonly isReady: boolean;
  readonly aeronDir: string;
  readonly pages: number;
  readonly streams: readonly StreamState[];
  readonly consumers: readonly ConsumerState[];
}

const EVENTS_KEPT = 1000;

/** The page's state; listeners are called when it has changed. */
export class Store {
  isConnected = false;
  /** Time of the server's last message before it fell silent; milliseconds since 1970. */
  heardMs = 0;
  maySee = true;
  maySteer = false;
  reason: string | null = null;
  version = "";
  state: StateMessage | null = null;
  /** The recording shown instead of live streams. */
  recording: RecordingInfo | null = null;
  /** Result of the last step or search. */
  playhead: PlayheadMessage | null = null;
  /** Newest last. */
  events: readonly EventView[] = [];
  readonly #samples = new Map<number, Sample[]>();
  readonly #listeners = new Set<() => void>();

  /** Calls `listener` at each change, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last minutes of a stream. */
  samplesOf(streamId: number): readonly Sample[] {
    return this.#samples.get(streamId) ?? [];
  }

  /** By id, else by name. */
  stream(reference: string): StreamState | null {
    const streams = this.state?.streams ?? [];
    return (
      streams.find(({ streamId }) => String(streamId) === reference) ??
      streams.find(({ name }) => name === reference) ??
      null
    );
  }

  onConnection(isOpen: boolean, heardMs: number): void {
    this.isConnected = isOpen;
    this.heardMs = heardMs;
    this.#tell();
  }

  onWelcome({ maySee, maySteer, reason, version, history, recording = null }: WelcomeMessage): void {
    Object.assign(this, { maySee, maySteer, reason, version });
    // The page of a recording stays unchanged on a reconnect.
    if (JSON.stringify(recording) !== JSON.stringify(this.recording)) this.recording = recording;
    this.events = [];
    this.#samples.clear();
    for (const [streamId, samples] of Object.entries(history)) this.#samples.set(Number(streamId), [...samples]);
    this.#tell();
  }

  onPlayhead(playhead: PlayheadMessage): void {
    this.playhead = playhead;
    this.#tell();
  }

  /** The name of a stream; null if unknown. */
  nameOf(streamId: number): string | null {
    const recorded = this.recording?.streams.find(({ stream }) => stream === streamId);
    return recorded?.name ?? this.stream(String(streamId))?.name ?? null;
  }

  onState({ events, ...state }: StateMessage & { readonly events: readonly EventView[] }): void {
    this.state = state;
    this.events = [...this.events, ...events].slice(-EVENTS_KEPT);
    for (const { streamId, sample } of state.streams) {
      const samples = this.#samples.get(streamId) ?? [];
      if (sample !== null && sample[0] !== samples.at(-1)?.[0]) samples.push(sample);
      if (samples.length > SAMPLES_KEPT) samples.shift();
      this.#samples.set(streamId, samples);
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
