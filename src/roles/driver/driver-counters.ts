import { CounterSet } from "../../core/counters.ts";

// Type ids are those of the Aeron counters; roles/counters.ts states the rules.

/** A driver's counters of itself. */
export function driverCounters() {
  return new CounterSet({
    heartbeatNs: { typeId: 10300, help: "CLOCK_MONOTONIC in ns when the driver last worked" },
    attaches: { typeId: 10301, help: "leases granted (D-06)" },
    attachesRepeated: { typeId: 10302, help: "repeated requests, answered with the same lease (D-06)" },
    attachesUnsupported: { typeId: 10303, help: "attach requests answered with UNSUPPORTED (D-09)" },
    attachesInvalid: { typeId: 10304, help: "attach requests answered with INVALID_PARAMS (D-09)" },
    attachesRejected: { typeId: 10305, help: "attach requests answered with REJECTED (D-03, D-09, D-10)" },
    attachesFailed: { typeId: 10306, help: "attach requests answered with INTERNAL_ERROR" },
    detaches: { typeId: 10307, help: "leases ended by their holders (D-16)" },
    detachesRefused: { typeId: 10308, help: "detach requests that named no live lease (D-16)" },
    keepalives: { typeId: 10309, help: "keepalives that extended a lease (D-11)" },
    keepalivesOfEndedLeases: { typeId: 10310, help: "keepalives of leases that had ended" },
    keepalivesUnknown: { typeId: 10311, help: "keepalives with the lease id of no lease of this driver" },
    keepalivesMismatched: {
      typeId: 10312,
      help: "keepalives that named another stream, client or role than the lease",
    },
    leasesExpired: { typeId: 10313, help: "leases that ended because no keepalive came (D-11)" },
    leasesRevoked: { typeId: 10314, help: "leases that an operator ended, or the loss of the media driver" },
    messagesRefused: { typeId: 10315, help: "received messages that were malformed (W-36)" },
    requestsUnauthorised: { typeId: 10316, help: "administrative requests without the right token (D-20)" },
    announces: { typeId: 10317, help: "ShmPoolAnnounce messages sent (D-04)" },
    sendsFailed: { typeId: 10318, help: "messages that found no room, and were sent later or not at all" },
    epochsMade: { typeId: 10319, help: "epochs whose regions were made (D-13)" },
    epochsSwept: { typeId: 10320, help: "ended epochs whose regions were removed (D-19)" },
    epochsFailed: { typeId: 10321, help: "times that regions could not be made" },
    foreignAnnounces: { typeId: 10322, help: "announces of our streams by another owner that lives (D-02)" },
    streams: { typeId: 10323, help: "streams that are served now" },
    leases: { typeId: 10324, help: "live leases" },
    regionBytes: { typeId: 10325, help: "bytes of all current regions" },
    messagesUnknown: {
      typeId: 10326,
      help: "received messages of no known schema and template, or too short to say of which",
    },
    messagesTooLong: {
      typeId: 10328,
      help: "announces and answers that are longer than the terms of the driver's channel allow",
    },
    answersDropped: { typeId: 10327, help: "answers and notices that were dropped because too many waited for room" },
  });
}
export type DriverCounters = ReturnType<typeof driverCounters>;

/** A driver's counters of each stream. */
export function streamCounters() {
  return new CounterSet({
    epoch: { typeId: 10400, help: "current epoch; 0 while there are no regions" },
    producerId: { typeId: 10401, help: "client id of the producer's lease; 0 without one" },
    consumers: { typeId: 10402, help: "consumers' leases" },
    regionBytes: { typeId: 10403, help: "bytes of the current epoch's regions" },
    retainedEpochs: { typeId: 10404, help: "ended epochs whose regions are still there" },
    epochsMade: { typeId: 10405, help: "epochs made since the driver started" },
  });
}
export type StreamCounters = ReturnType<typeof streamCounters>;

/** Type id of the counter of one lease: its value is the CLOCK_MONOTONIC time in ns at which it expires. */
export const LEASE_COUNTER_TYPE_ID = 10500;

/**
 * Key of a lease's counter, little-endian: leaseId u64, streamId u32, clientId u32, role i32 (1 producer, 2 consumer), Aeron
 * session id i32 of the client's control publication, CLOCK_MONOTONIC ns u64 when it was granted.
 */
export const LEASE_KEY = {
  leaseId: 0,
  streamId: 8,
  clientId: 12,
  role: 16,
  sessionId: 20,
  attachedNs: 24,
  size: 32,
} as const;
