import { CADENCE_NS, LIVENESS_PERIODS } from "../../protocol/stream-ids.ts";

/** Time limits and size limits of the model. */
export interface SupervisionOptions {
  /** Silence after which a producer or consumer counts as lost: 3 to 5 announce periods (W-08). */
  readonly livenessNs: number;
  /** Time after which a lost participant is removed. */
  readonly forgetNs: number;
  readonly maxStreams: number;
  /** Limit for all streams together. */
  readonly maxConsumers: number;
  readonly maxEvents: number;
  /** Share of lost frames that causes an event if it persists. */
  readonly dropRatio: number;
  /** How long it must persist; its end must persist as long. */
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
