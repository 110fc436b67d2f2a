import { CADENCE_NS, LIVENESS_PERIODS } from "../../protocol/stream-ids.ts";

/** How long things are waited for and remembered, and how many of them. */
export interface SupervisionOptions {
  /** Silence after which a producer or consumer is lost: 3 to 5 announce periods (W-08). */
  readonly livenessNs: number;
  /** What was lost is forgotten after this. */
  readonly forgetNs: number;
  readonly maxStreams: number;
  /** Of all streams together. */
  readonly maxConsumers: number;
  readonly maxEvents: number;
  /** Share of frames lost that is an event when it lasts. */
  readonly dropRatio: number;
  /** How long it has to last; what ends lasts as long. */
  readonly dropForNs: number;
}

export const SUPERVISION_DEFAULTS: SupervisionOptions = {
  livenessNs: CADENCE_NS * LIVENESS_PERIODS,
  forgetNs: 60e9,
  maxStreams: 4096,
  maxConsumers: 16_384,
  maxEvents: 2048,
  dropRatio: 0.001,
  dropForNs: 5e9,
};
