import { SUPERVISION_DEFAULTS, type SupervisionModel } from "../supervision/model/index.ts";

/** Producers and consumers send once a second: after this long, pages show them as dead, even if an event needs longer. */
const SILENCE_NS = 2.5e9;

/** Producers and consumers that have been silent long enough for a person to notice, but not yet long enough for an event. */
export class Silence {
  readonly #model: SupervisionModel;
  readonly #afterNs: number;
  #silent: ReadonlySet<string> = new Set();

  constructor(model: SupervisionModel) {
    const { livenessNs } = model.options;
    this.#model = model;
    // A longer timeout than usual was requested, and applies to pages as well.
    const isUsual = livenessNs <= SUPERVISION_DEFAULTS.livenessNs;
    this.#afterNs = isUsual ? Math.min(livenessNs, SILENCE_NS) : livenessNs;
  }

  /** Checks all of them; true if the set of silent ones has changed. */
  look(nowNs: number): boolean {
    const silent = new Set<string>();
    const isSilent = (lastSignNs: number): boolean =>
      nowNs - Math.max(lastSignNs, this.#model.hearsSinceNs) > this.#afterNs;
    for (const { streamId, state, lastProducerSignNs, consumers } of this.#model.streams.values()) {
      if (state === "live" && isSilent(lastProducerSignNs)) silent.add(`${streamId}`);
      for (const { consumerId, isLost, lastSignNs } of consumers.values()) {
        if (!isLost && isSilent(lastSignNs)) silent.add(`${streamId} ${consumerId}`);
      }
    }
    const before = this.#silent;
    this.#silent = silent;
    return silent.size !== before.size || [...silent].some((who) => !before.has(who));
  }

  isProducerSilent(streamId: number): boolean {
    return this.#silent.has(`${streamId}`);
  }

  isConsumerSilent(streamId: number, consumerId: number): boolean {
    return this.#silent.has(`${streamId} ${consumerId}`);
  }
}
