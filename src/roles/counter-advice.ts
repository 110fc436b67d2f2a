import type { ConsumerCounters, ProducerCounters } from "./counters.ts";
import type { DriverCounters, StreamCounters } from "./driver/driver-counters.ts";

type Advice<Counters extends { readonly of: object }> = Readonly<Record<keyof Counters["of"], string>>;

const PROGRESS = "Normal: it counts work.";
const MALFORMED =
  "A participant has another version or sends garbage: `tensorpool tap` shows the messages as hexadecimal, with the reason.";
const HEADER =
  "The producer writes headers that break this rule: `tensorpool inspect STREAM` shows them. Fix the producer.";

/** What to do when a producer's counter grows. */
export const PRODUCER_ADVICE: Advice<ProducerCounters> = {
  claimed: PROGRESS,
  published: "If it is less than `claimed`: see the causes below.",
  bytes: PROGRESS,
  aborted: "The writer aborted claims: an error of its source, or code that did not reach `slot.commit`.",
  descriptorBackPressured:
    "A reader was paused, or is slower than the stream: more slots, fewer or faster readers, or `--flow wait` for a source that can wait.",
  descriptorNotConnected:
    "There is no reader. At start: `--wait-consumers 1`. Later: the media driver died, or the last reader left.",
  descriptorAdminAction:
    "Aeron rotated its log twice in a row: harmless if rare. If it continues, more slots give longer terms.",
  descriptorClosed: "The connection to the media driver was lost: see its log. The producer reconnects.",
  noPool: "A frame is larger than every slot: a larger pool (`--pool`, `payload_pools`).",
  slotsBusy: "A program holds more claims than the ring has slots: commit them, in order, or use more slots.",
  waits: "Readers are slower than the source, which waits for them, as `--flow wait` asks.",
  waitTimeouts: "A reader took no descriptor for the whole `--wait-timeout`: find it with `tensorpool top`.",
  controlSent: PROGRESS,
  controlTooLong: "`--channel` has a `term-length` that is too small for the attributes: leave it out.",
  controlFailed:
    "Control messages found no room or no subscriber: a subscriber of control, QoS or metadata is stopped.",
  messagesRefused: MALFORMED,
  progressSent: "Only while a consumer asks for progress.",
  notAttached:
    "There was no lease: the driver is down, refuses, or is making another epoch. See `leasesLost` and the driver's log.",
  attaches: "1 for each lease. If it grows fast, leases are lost repeatedly.",
  attachesRefused: "The reason is in the log: another producer has the stream, it is unknown, or the layout differs.",
  leasesLost: "The process was paused for longer than the lease, the driver ended, or an operator revoked it.",
  bridged: "-",
  bridgeSent: PROGRESS,
  bridgeNotSent: "The sender's summary and `tensorpool info` on its host name the causes ([BRIDGE.md](BRIDGE.md)).",
  bridgeNoSlot: "No regions or no lease yet, or readers delay the stream: see its log.",
  bridgeRefused: "A larger `--pool` of the receiver; or the source's producer breaks a rule.",
  bridgeIncomplete: "A connection was lost, or a side was killed or paused, in the middle of frames.",
  bridgeEpochChange: "Normal when an epoch or a lease ends. Lasting: see `leasesLost`.",
  bridgeChecksum: "Memory or the network changes bytes: look at the machines, and at the path between them.",
  bridgeNaks: "Datagrams are lost: a larger `net.core.rmem_max` on the receiver, less traffic, another path.",
  bridgeDelayNs: "It grows: frames wait at the sender or on the way; 0: the hosts' clocks are not related (yet).",
  bridgeDelayErrorNs:
    "Half of the shortest round trip, drift, and the longest cycle of the receiver: it is large where frames wait.",
  passed: "Normal for `decimate`. For a bridge: frames that the other side lost or did not send.",
};

/** What to do when a consumer's counter grows. */
export const CONSUMER_ADVICE: Advice<ConsumerCounters> = {
  accepted: PROGRESS,
  bytes: PROGRESS,
  gap: "Descriptors did not arrive: the producer's counters have the reason (`descriptorBackPressured`, `aborted`), or this reader was paused. More slots, shorter pauses.",
  resync:
    "This reader is too slow for every frame: after a frame was overwritten while it was read, it continues half a ring behind the newest (or at the newest, by `--max-seq-gap`). Less work per frame, `--mode latest` or `decimated`; more slots only if it is slow occasionally.",
  overwritten:
    "This reader lags by more than the ring: more slots, less work per frame, `--mode latest` or `decimated`.",
  odd: "As `overwritten`, at the moment when the slot is written again. More slots.",
  changed: "As `overwritten`, during the reading: more slots, or copy first (`frame.copyTo`) and work on the copy.",
  identity: "As `overwritten`. If it also grows with an idle reader, the producer's descriptors name wrong slots.",
  headerNdims: HEADER,
  headerStrides: HEADER,
  headerPayloadOffset: HEADER,
  headerValuesLength: HEADER,
  headerPayloadSlot: HEADER,
  headerPoolId: HEADER,
  headerDtype: HEADER,
  headerMajorOrder: HEADER,
  headerDims: HEADER,
  headerShape: HEADER,
  sinkTooSlow: "The program, pipe or disk behind the sink is too slow: a faster one, `--max-rate`, `--mode decimated`.",
  sinkRefused: "The sink's format cannot hold such frames (the log has the reason): another sink.",
  skipped: "Normal: the mode skips frames.",
  unmapped:
    "Frames came before this reader had mapped: normal at the start and at a change of epochs. If it lasts, see `regionsRefused`.",
  foreignEpoch: "Normal for a moment when epochs change. If it lasts, two producers use one stream id.",
  messagesRefused: MALFORMED,
  regionsRefused: "The log has the reason: often `--allowed-base-dirs`, rights, or another `--shm-dir`.",
  progressSeen: "Only with `--progress`.",
  progressRefused: "The producer reports wrong progress: harmless to frames.",
  configsObeyed: "This reader is being steered: the supervisor's rules, `consumer-config`, the HTTP API.",
  configsRefused: "The sender names a fallback that this version does not have.",
  idConflicts: "Two readers with one `--client-id`: give each its own, or none.",
  maps: "1 for each epoch. If it grows fast, the producer restarts repeatedly.",
  ends: "The producer ended, restarted or fell silent.",
  ownersLost: "The owner of the regions died or was stopped: restart it.",
  attaches: "1 for each lease. If it grows fast, leases are lost repeatedly.",
  attachesRefused: "The reason is in the log; unknown streams are served by `--stream` or `[streams]` of the driver.",
  leasesLost: "The process was paused for longer than the lease, the driver ended, or an operator revoked it.",
  detached:
    "This reader had no lease or no mapping for a while: see `leasesLost`, `regionsRefused` and its log. Shorter pauses, longer leases.",
  recording: "-",
  recorded: "-",
  recordedBytes: "-",
  recordingOverwritten: "More slots, a faster disk ([RECORDING.md](RECORDING.md)).",
  stagingFull: "The disk is slower than the streams: a faster one, `--compress`; for bursts a larger `--buffer`.",
  diskTooSlow: "A larger `--buffer`.",
  diskFull: "Make room; `--split` with `--keep`.",
  diskFailed: "The recorder's error names the reason.",
  recordingPassed: "Normal for a flight recorder between triggers.",
  bridging: "-",
  bridgeBackPressured:
    "The network or the receiver is slower than the stream: `--decimation`, `--max-rate`, a larger window.",
  bridgeNotConnected: "No receiver was connected: start it, or look at the path to it.",
  farDelivered: PROGRESS,
  farNoSlot: "No regions or no lease at the receiver yet, or its readers hold it back: see its log.",
  farRefused: "A larger `--pool` of the receiver.",
  farIncomplete: "A connection was lost, or a side was killed or paused, in the middle of frames.",
  farEpochChange: "Normal when an epoch or a lease of the receiver ends.",
  farChecksum: "Memory or the network changes bytes: look at the machines, and at the path between them.",
  farUnreported: "It grows: the receiver's datagrams do not reach this host (a firewall), or a receiver died.",
  farReaders: "-",
  roundTripNs: "If it grows, frames wait on the way; a larger window does not help, a lower rate does.",
  bridgeNaks: "Datagrams are lost: a larger `net.core.rmem_max` on the receiver, less traffic, another path.",
  bridgeRetransmits: "As `bridgeNaks`.",
  bridgeWindowFull: "The receiver takes less than comes: a larger `net.core.rmem_max` there, `--max-rate` here.",
  bridgeWindowBytes: "The rate is at most the window over the round trip.",
  bridgeSocketBytes: "Smaller than the window: `net.core.rmem_max` of the receiver.",
  bridgeDelayNs: "It grows: frames wait here or on the way; 0: the hosts' clocks are not related (yet).",
  bridgeDelayErrorNs:
    "Half of the shortest round trip, drift, and the longest cycle of the receiver: it is large where frames wait there.",
  tailsUnknown:
    "The reader was detached when the epoch ended: what its producer published after the last message that came here is in no counter.",
};

/** What to do when a driver's counter grows, or fails to grow. */
export const DRIVER_ADVICE: Advice<DriverCounters> = {
  heartbeatNs: "Older than a second: the driver is stopped or starved of processor time.",
  attaches: PROGRESS,
  attachesRepeated: "Answers were lost or late: a client or the driver was busy.",
  attachesUnsupported: "A client of another version.",
  attachesInvalid: "A client sends an impossible request: its log has the reason.",
  attachesRejected: "A second producer, an unknown stream, another layout: the client's log has the reason.",
  attachesFailed: "A defect, or regions could not be made: see the driver's log.",
  detaches: PROGRESS,
  detachesRefused: "Harmless: a client returned a lease that had already ended.",
  keepalives: PROGRESS,
  keepalivesOfEndedLeases: "Paused clients continue: they attach again by themselves.",
  keepalivesUnknown: "Clients of a driver before this one: they attach again by themselves.",
  keepalivesMismatched: "A client confuses its leases; ignored. Fix the client.",
  leasesExpired: "Clients died or were paused: `tensorpool events` shows them.",
  leasesRevoked: "An operator revoked them, or the media driver died: see the log.",
  messagesRefused: MALFORMED,
  messagesUnknown:
    "Other programs use the control stream, or a participant has a newer version: `tensorpool tap --kind control` shows what.",
  messagesTooLong: "`--channel` has a `term-length` that is too small for the driver's answers: leave it out.",
  answersDropped: "Too many requests at once: clients ask again.",
  requestsUnauthorised: "A client tries to shut down or revoke without the token, or with another one.",
  announces: "If it stops growing, the driver is paused.",
  sendsFailed: "A subscriber of the control stream is paused or too slow: harmless if rare.",
  epochsMade: "Grows with each start and end of a producer. If it grows fast, a producer restarts repeatedly.",
  epochsSwept:
    "Follows `epochsMade`. If it does not, `retainedEpochs` of the streams grows: `info` shows which processes still map them.",
  epochsFailed: "No room in /dev/shm, no rights, or a limit: see the log. The driver tries again.",
  foreignAnnounces:
    "Another owner, which the lock of the stream does not keep out, uses a stream id of this driver: end one of them.",
  streams: "What is served.",
  leases: "Who is attached: `tensorpool lease ls`.",
  regionBytes: "Compare it, times the retained epochs, with the size of /dev/shm.",
};

/** How to interpret a driver's counters of a stream. */
export const STREAM_ADVICE: Advice<StreamCounters> = {
  epoch: "If it stays 0, regions cannot be made: see `epochsFailed`.",
  producerId: "0: no producer is attached.",
  consumers: "Who they are: `tensorpool info STREAM`.",
  regionBytes: "",
  retainedEpochs: "More than `epoch_gc_keep`: a process still maps old epochs, or they are too young to go.",
  epochsMade: "Grows with each start and end of a producer.",
};
