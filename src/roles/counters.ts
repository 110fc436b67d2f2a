import { CounterSet } from "../core/counters.ts";
import { rule } from "../core/rules.ts";

// Type ids are those of the Aeron counters that `CounterExport` creates. Their meaning never changes: a new counter gets the next free
// number, and the number of a removed counter is not reused.

/**
 * A producer's counters. claimed = published + every other outcome of a claim. A frame that no pool could hold, or that was offered while
 * nothing was mapped, was never claimed.
 */
export function producerCounters() {
  return new CounterSet({
    claimed: { typeId: 10100, help: "frames that took a slot and a seq" },
    published: { typeId: 10101, help: "frames whose descriptor was published" },
    bytes: { typeId: 10102, help: "payload bytes of the published frames" },
    aborted: { typeId: 10103, help: "aborted claims: a gap for readers (W-19)" },
    descriptorBackPressured: { typeId: 10104, help: "committed frames whose descriptor found no room in the window" },
    descriptorNotConnected: {
      typeId: 10105,
      help: "committed frames whose descriptor had no subscriber, or no media driver",
    },
    descriptorAdminAction: { typeId: 10106, help: "committed frames whose descriptor met a log rotation twice" },
    descriptorClosed: { typeId: 10107, help: "committed frames whose descriptor publication was closed or at its end" },
    noPool: { typeId: 10108, help: "frames larger than every pool, dropped before a claim (W-05)" },
    slotsBusy: { typeId: 10109, help: "claims refused because the ring's next slot is still claimed" },
    waits: { typeId: 10110, help: "times that the flow `wait` delayed the source" },
    waitTimeouts: { typeId: 10111, help: "descriptors dropped after the longest wait" },
    controlSent: { typeId: 10112, help: "announces, metadata and QoS messages sent" },
    controlFailed: { typeId: 10113, help: "announces, metadata and QoS messages that could not be sent" },
    controlTooLong: { typeId: 10120, help: "messages that are longer than the terms of their channel allow" },
    messagesRefused: { typeId: 10114, help: "received messages that were malformed (W-36)" },
    progressSent: { typeId: 10115, help: "FrameProgress messages sent (W-41)" },
    notAttached: { typeId: 10116, help: "frames offered while there was no lease, dropped before a claim (D-14)" },
    attaches: { typeId: 10117, help: "leases that the driver granted (D-06)" },
    attachesRefused: {
      typeId: 10118,
      help: "attach requests that the driver refused, or answered wrongly (D-07)",
    },
    leasesLost: { typeId: 10119, help: "leases that ended before this producer gave them back (D-14)" },
    // Only for producers whose frames come from another host; others do not export these Aeron counters.
    bridged: { typeId: 10130, help: "1 for a producer whose frames come from another host" },
    bridgeSent: { typeId: 10131, help: "frames that the bridge's sender has sent" },
    bridgeNotSent: { typeId: 10132, help: "frames that the bridge's sender counts as lost before they were sent" },
    bridgeNoSlot: { typeId: 10133, help: "sent frames for which there was no slot here" },
    bridgeRefused: { typeId: 10134, help: "sent frames that are too large here, or break a rule" },
    bridgeIncomplete: { typeId: 10135, help: "sent frames that did not come as a whole" },
    bridgeEpochChange: { typeId: 10136, help: "sent frames whose slot went with a lease or an epoch" },
    bridgeChecksum: { typeId: 10137, help: "sent frames whose values had changed on the way" },
    bridgeNaks: { typeId: 10138, help: "times that datagrams of bridges were asked for again by this media driver" },
    bridgeDelayNs: { typeId: 10139, help: "nanoseconds from the timestamps of frames until they were complete here" },
    bridgeDelayErrorNs: { typeId: 10140, help: "nanoseconds by which bridgeDelayNs may be off" },
    passed: { typeId: 10121, help: "seqs of frames that a decimated or bridged stream does not carry (W-48)" },
  });
}
/** Counters that are shown from the start: they show that a producer exists. */
export const PRODUCER_SHOWS = ["claimed", "published", "bytes"] as const;
export type ProducerCounters = ReturnType<typeof producerCounters>;

/** Causes of loss, each with a counter of the consumer; `accepted` plus all of them is the number of published frames. */
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
  "detached",
] as const;
export type LossCause = (typeof LOSS_CAUSES)[number];

/** A consumer's counters. */
export function consumerCounters() {
  return new CounterSet({
    accepted: { typeId: 10200, help: "frames that were read and still intact afterwards" },
    bytes: { typeId: 10201, help: "payload bytes of the accepted frames" },
    gap: { typeId: 10202, help: "frames whose descriptor never came (W-19)" },
    resync: { typeId: 10203, help: "frames skipped to catch up (W-20)" },
    overwritten: { typeId: 10204, help: "descriptors older than the ring can hold, skipped without reading (W-20)" },
    odd: { typeId: 10205, help: "frames that were being overwritten when they were read (W-16)" },
    changed: { typeId: 10206, help: "frames overwritten while they were read (W-16)" },
    identity: { typeId: 10207, help: "slots that held another frame than the descriptor's (W-16)" },
    headerNdims: { typeId: 10208, help: "more than eight dims (W-09)" },
    headerStrides: { typeId: 10209, help: "strides negative, overlapping or against the order (W-10)" },
    headerPayloadOffset: { typeId: 10210, help: "payloadOffset not 0 (W-11)" },
    headerValuesLength: { typeId: 10211, help: "values longer than the slot (W-11)" },
    headerPayloadSlot: { typeId: 10212, help: "payloadSlot not the header index (W-11)" },
    headerPoolId: { typeId: 10213, help: "a pool that is not mapped (W-11)" },
    headerDtype: { typeId: 10214, help: "unknown dtype (W-11)" },
    headerMajorOrder: { typeId: 10215, help: "unknown major order (W-11)" },
    headerDims: { typeId: 10216, help: "a negative dim (W-11)" },
    headerShape: { typeId: 10217, help: "dims and strides beyond the values (W-11)" },
    sinkTooSlow: { typeId: 10218, help: "frames for which the sink had no room" },
    sinkRefused: { typeId: 10219, help: "frames that the sink's format cannot hold" },
    skipped: { typeId: 10220, help: "frames skipped on purpose, by the mode or by order; not a loss (W-39, W-40)" },
    unmapped: {
      typeId: 10221,
      help: "descriptors that came while nothing was mapped, of no epoch in the account (W-23)",
    },
    foreignEpoch: { typeId: 10222, help: "descriptors of another epoch than the mapped one (W-23)" },
    messagesRefused: { typeId: 10223, help: "received messages that were malformed (W-36)" },
    regionsRefused: { typeId: 10224, help: "announces whose regions were refused (W-31)" },
    progressSeen: { typeId: 10225, help: "looks at frames that were still being written (W-43)" },
    progressRefused: { typeId: 10226, help: "FrameProgress messages that went back or did not fit their frame (W-41)" },
    configsObeyed: { typeId: 10227, help: "ConsumerConfig messages that were followed (W-39)" },
    configsRefused: { typeId: 10228, help: "ConsumerConfig messages with an unsupported fallback (W-39)" },
    idConflicts: { typeId: 10229, help: "times that another consumer used this one's id (W-38)" },
    maps: { typeId: 10230, help: "times that a stream was mapped" },
    ends: { typeId: 10231, help: "times that a producer ended its stream, or fell silent" },
    ownersLost: { typeId: 10232, help: "times that the owner's activity went stale, or another owner appeared (W-08)" },
    attaches: { typeId: 10233, help: "leases that the driver granted (D-06)" },
    attachesRefused: {
      typeId: 10234,
      help: "attach requests that the driver refused, or answered wrongly (D-07)",
    },
    leasesLost: { typeId: 10235, help: "leases that ended before this consumer gave them back (D-14)" },
    detached: {
      typeId: 10236,
      help: "frames that passed while the stream was not mapped, after it had been (W-22, W-23)",
    },
    tailsUnknown: {
      typeId: 10237,
      help: "unmapped epochs that were followed by another before their last frame was known",
    },
    // Only for consumers that record; others do not export these Aeron counters, because unused counters are not exported. accepted =
    // recorded + recordingPassed + frames that wait for the disk or a trigger.
    recording: { typeId: 10240, help: "1 for a consumer that records" },
    recorded: { typeId: 10241, help: "frames that are in a recording" },
    recordedBytes: { typeId: 10242, help: "payload bytes of the recorded frames" },
    recordingOverwritten: {
      typeId: 10243,
      help: "of `changed`: frames that were overwritten before the disk had taken them",
    },
    stagingFull: {
      typeId: 10244,
      help: "of `sinkTooSlow`: frames for which a recorder's buffer had no room",
    },
    diskTooSlow: {
      typeId: 10245,
      help: "of `sinkTooSlow`: frames larger than a recorder's buffer, or left when it ended",
    },
    diskFull: { typeId: 10246, help: "of `sinkTooSlow`: frames that came while the disk was full" },
    diskFailed: { typeId: 10247, help: "of `sinkTooSlow`: frames that came after the disk had failed" },
    recordingPassed: {
      typeId: 10248,
      help: "of `accepted`: frames that a flight recorder kept, and no trigger asked for",
    },
    // Only for consumers that send to another host. accepted = the far causes, farDelivered and farUnreported together.
    bridging: { typeId: 10250, help: "1 for a consumer that sends to another host" },
    bridgeBackPressured: { typeId: 10251, help: "of `sinkTooSlow`: frames that found no room on the way" },
    bridgeNotConnected: { typeId: 10252, help: "of `sinkTooSlow`: frames that came while no receiver was connected" },
    farDelivered: { typeId: 10253, help: "of `accepted`: frames that the receiver has published" },
    farNoSlot: { typeId: 10254, help: "of `accepted`: frames for which the receiver had no slot" },
    farRefused: { typeId: 10255, help: "of `accepted`: frames that the receiver has refused" },
    farIncomplete: { typeId: 10256, help: "of `accepted`: frames that did not come as a whole" },
    farEpochChange: { typeId: 10257, help: "of `accepted`: frames whose slot went with a lease or an epoch" },
    farChecksum: { typeId: 10258, help: "of `accepted`: frames whose values had changed on the way" },
    farUnreported: { typeId: 10259, help: "of `accepted`: frames whose fate the receiver has not reported, now" },
    farReaders: { typeId: 10260, help: "readers of the receiver's stream, now" },
    roundTripNs: { typeId: 10261, help: "nanoseconds to the receiver and back, at the last report" },
    bridgeNaks: { typeId: 10262, help: "times that the receiver's host has asked for datagrams again" },
    bridgeRetransmits: { typeId: 10263, help: "times that this media driver has sent datagrams again" },
    bridgeWindowFull: { typeId: 10264, help: "times that the way's window was full" },
    bridgeWindowBytes: { typeId: 10265, help: "the receiver's window" },
    bridgeSocketBytes: { typeId: 10266, help: "the receiver's socket buffer" },
    bridgeDelayNs: { typeId: 10267, help: "nanoseconds from the timestamps of frames until they were complete there" },
    bridgeDelayErrorNs: { typeId: 10268, help: "nanoseconds by which bridgeDelayNs may be off" },
  });
}
/** Counters that are shown from the start: they show that a consumer exists. */
export const CONSUMER_SHOWS = ["accepted", "bytes"] as const;
export type ConsumerCounters = ReturnType<typeof consumerCounters>;

const IS_COUNTERS = rule("the counters of a consumer", () => false);

/** Number of lost frames, over all causes. @throws OptionError */
export function totalLost(counters: { readonly of: Readonly<Record<LossCause, { readonly value: number }>> }): number {
  if (typeof counters?.of !== "object") IS_COUNTERS("counters", counters);
  let lost = 0;
  for (const cause of LOSS_CAUSES) lost += counters.of[cause].value;
  return lost;
}
