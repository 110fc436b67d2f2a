/** Producers, consumers and causes of lost frames, derived from received messages, without Aeron, shared memory or a clock of its own. */

export { type BridgeView, bridgeLosses, bridgeViewOf } from "./bridge-state.ts";
export type { ConsumerRecord } from "./consumer-record.ts";
export { EVENT_KINDS, type EventKind, type SupervisionEvent } from "./event-log.ts";
export type {
  BridgeFact,
  ClientCountersFact,
  ClientRole,
  ConfigFact,
  DescriptorFact,
  FarReaderFact,
} from "./facts.ts";
export { type InboxCounts, SupervisionInbox } from "./inbox.ts";
export { SupervisionModel } from "./model.ts";
export { SUPERVISION_DEFAULTS, type SupervisionOptions } from "./options.ts";
export { Steering, type SteeringOrder } from "./steering.ts";
export type { SteeringRule } from "./steering-rule.ts";
export type { StreamRecord } from "./stream-record.ts";
export * from "./views.ts";
