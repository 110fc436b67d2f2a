import { CounterSet } from "../core/counters.ts";

/**
 * What a producer counts. claimed = published + every other outcome of a claim; a frame that no pool could hold, or that was
 * offered while nothing was mapped, was never claimed.
 */
export function producerCounters() {
  return new CounterSet({
    claimed: { help: "frames that took a slot and a seq" },
    published: { help: "frames whose descriptor was published" },
    bytes: { help: "payload bytes of the published frames" },
    aborted: { help: "claims that were given up: a gap for readers (W-19)" },
    descriptorBackPressured: { help: "committed frames whose descriptor found no room in the window" },
    descriptorNotConnected: { help: "committed frames whose descriptor had no subscriber, or no media driver" },
    descriptorAdminAction: { help: "committed frames whose descriptor met a log rotation twice" },
    descriptorClosed: { help: "committed frames whose descriptor publication was closed or at its end" },
    noPool: { help: "frames larger than every pool, dropped before a claim (W-05)" },
    slotsBusy: { help: "claims refused because the ring's next slot is still claimed" },
    waits: { help: "times that --flow wait held the source back" },
    waitTimeouts: { help: "descriptors given up after --wait-timeout" },
    controlSent: { help: "announces, metadata and QoS messages sent" },
    controlFailed: { help: "announces, metadata and QoS messages that could not be sent" },
    messagesRefused: { help: "received messages that were malformed (W-36)" },
  });
}
export type ProducerCounters = ReturnType<typeof producerCounters>;

/** Causes of loss that a consumer counts, each on its own; `accepted` and these add up to what was published. */
export const LOSS_CAUSES = [
  "gap",
  "resync",
  "overwritten",
  "odd",
  "changed",
  "identity",
  "headerNdims",
  "headerStrides",
  "headerPayloadOffset",
  "headerValuesLength",
  "headerPayloadSlot",
  "headerPoolId",
  "headerDtype",
  "headerMajorOrder",
  "headerDims",
  "headerShape",
  "sinkTooSlow",
  "sinkRefused",
] as const;
export type LossCause = (typeof LOSS_CAUSES)[number];

/** What a consumer counts. */
export function consumerCounters() {
  return new CounterSet({
    accepted: { help: "frames that were read and still intact afterwards" },
    bytes: { help: "payload bytes of the accepted frames" },
    gap: { help: "frames whose descriptor never came (W-19)" },
    resync: { help: "frames skipped to catch up (W-20)" },
    overwritten: { help: "descriptors older than the ring can hold, skipped without reading (W-20)" },
    odd: { help: "frames that were being written anew when they were read (W-16)" },
    changed: { help: "frames overwritten while they were read (W-16)" },
    identity: { help: "slots that held another frame than the descriptor's (W-16)" },
    headerNdims: { help: "W-09: more than eight dims" },
    headerStrides: { help: "W-10: strides negative, overlapping or against the order" },
    headerPayloadOffset: { help: "W-11: payloadOffset not 0" },
    headerValuesLength: { help: "W-11: values longer than the slot" },
    headerPayloadSlot: { help: "W-11: payloadSlot not the header index" },
    headerPoolId: { help: "W-11: a pool that is not mapped" },
    headerDtype: { help: "W-11: unknown dtype" },
    headerMajorOrder: { help: "W-11: unknown major order" },
    headerDims: { help: "W-11: a negative dim" },
    headerShape: { help: "W-11: dims and strides beyond the values" },
    sinkTooSlow: { help: "frames that the sink had no room for" },
    sinkRefused: { help: "frames that the sink's format cannot express" },
    skipped: { help: "frames skipped on purpose by the mode; not a loss (W-40)" },
    unmapped: { help: "descriptors that came while nothing was mapped (W-23)" },
    foreignEpoch: { help: "descriptors of another epoch than the mapped one (W-23)" },
    messagesRefused: { help: "received messages that were malformed (W-36)" },
    regionsRefused: { help: "announces whose regions were refused (W-31)" },
    progressSeen: { help: "looks at frames that were still being written (W-43)" },
    progressRefused: { help: "FrameProgress messages that went back or did not fit their frame (W-41)" },
    configsObeyed: { help: "ConsumerConfig messages that were followed (W-39)" },
    configsRefused: { help: "ConsumerConfig messages with an unsupported fallback (W-39)" },
    idConflicts: { help: "times that another consumer used this one's id (W-38)" },
    maps: { help: "times that a stream was mapped" },
    ends: { help: "times that a producer ended its stream, or fell silent" },
    ownersLost: { help: "times that the owner's activity went stale, or another owner appeared (W-08)" },
  });
}
export type ConsumerCounters = ReturnType<typeof consumerCounters>;

/** Everything that was lost on the way, by all causes. */
export function totalLost(counters: ConsumerCounters): number {
  let lost = 0;
  for (const cause of LOSS_CAUSES) lost += counters.of[cause].value;
  return lost;
}
