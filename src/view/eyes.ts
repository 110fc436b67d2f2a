import type { KnownStreams } from "../observe/known-streams.ts";
import type { AllowedBaseDirs } from "../shm/index.ts";
import type { SupervisionModel } from "../supervision/model/index.ts";
import { StreamEye } from "./stream-eye.ts";

/** Most streams mapped at a time; further ones are shown without shape and picture. */
const MAX_MAPPED = 256;
/** Delay after the last page has left, so that a reloaded page finds everything still mapped. */
const LINGER_NS = 5e9;

/** The mapped streams: every live stream, while a client is connected. */
export class Eyes {
  readonly #baseDirs: AllowedBaseDirs;
  /** Number of connected pages and other clients: streams are mapped while there is one. */
  watchers = 0;
  readonly #nowNs: () => number;
  readonly #eyes = new Map<number, StreamEye>();
  #wantedNs = Number.NEGATIVE_INFINITY;

  constructor(baseDirs: AllowedBaseDirs, nowNs: () => number) {
    this.#baseDirs = baseDirs;
    this.#nowNs = nowNs;
  }

  get(streamId: number): StreamEye | undefined {
    return this.#eyes.get(streamId);
  }

  /** The eye of a stream, which may still be unknown. */
  of(streamId: number): StreamEye {
    let eye = this.#eyes.get(streamId);
    if (eye === undefined) {
      eye = new StreamEye(streamId, this.#baseDirs, this.#nowNs);
      this.#eyes.set(streamId, eye);
    }
    return eye;
  }

  /** Maps live streams and unmaps the others, so that their owners can remove the files. */
  sync(model: SupervisionModel, known: KnownStreams, nowNs: number): void {
    if (this.watchers > 0) this.#wantedNs = nowNs;
    const isOpen = nowNs - this.#wantedNs < LINGER_NS;
    let mapped = 0;
    for (const { streamId, state } of model.streams.values()) {
      if (!isOpen || state !== "live" || mapped++ >= MAX_MAPPED) this.#eyes.get(streamId)?.map(null);
      else this.of(streamId).map(known.get(streamId)?.announcement ?? null);
    }
    for (const [streamId, eye] of this.#eyes) {
      if (model.streams.has(streamId)) continue;
      eye.map(null);
      if (eye.users === 0) this.#eyes.delete(streamId);
    }
  }

  /** Reads the shape of every stream's newest frame. */
  look(): void {
    for (const eye of this.#eyes.values()) eye.look();
  }

  /** Times frames of the watched streams, see `StreamEye.timeFrame`. */
  time(nowNs: number, onDelay: (streamId: number, delayNs: number) => void): void {
    for (const eye of this.#eyes.values()) {
      if (eye.users === 0) continue;
      const delayNs = eye.timeFrame(nowNs);
      if (delayNs !== null) onDelay(eye.streamId, delayNs);
    }
  }

  close(): void {
    for (const eye of this.#eyes.values()) eye.close();
    this.#eyes.clear();
  }
}
