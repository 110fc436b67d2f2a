import type { ConsumerCounters, ProducerCounters } from "./counters.ts";
import type { DriverCounters, StreamCounters } from "./driver/driver-counters.ts";

type Advice<Counters extends { readonly of: object }> = Readonly<Record<keyof Counters["of"], string>>;

const PROGRESS = "It grows: that is all.";
const MALFORMED =
  "A participant speaks another version or sends garbage: `tensorpool tap` shows which, as hexadecimal with the reason.";
const HEADER =
  "The producer writes a header that breaks the rule: `tensorpool inspect STREAM` names it. Mend the producer.";

/** What to do when a producer's counter grows. */
export const PRODUCER_ADVICE: Advice<ProducerCounters> = {
  claimed: PROGRESS,
  published: "Less than `claimed`: look at the causes below.",
  bytes: PROGRESS,
  aborted: "The writer gave slots up: an error of its source, or `slot.commit` was not reached.",
  descriptorBackPressured:
    "A reader was stopped, or cannot take descriptors as fast as they come: more slots, fewer or faster readers, or `--flow wait` for a source that can wait.",
  descriptorNotConnected:
    "There is no reader. At start: `--wait-consumers 1`. Later: the media driver died, or the last reader left.",
  descriptorAdminAction:
    "Two terms were changed at once: harmless when rare. If it continues, more slots make longer terms.",
  descriptorClosed: "The connection to the media driver was lost: look at its log, the producer returns by itself.",
  noPool: "A frame is larger than every slot: a larger pool (`--pool`, `payload_pools`).",
  slotsBusy: "A program holds more claims than the ring has slots: commit them, in order, or take more slots.",
  waits: "Readers are slower than the source, which waits for them: that is what `--flow wait` is for.",
  waitTimeouts: "A reader took nothing for the whole `--wait-timeout`: find it with `tensorpool top`.",
  controlSent: PROGRESS,
  controlTooLong: "`--channel` has a `term-length` that is too small for the attributes: leave it out.",
  controlFailed:
    "Control messages found no room or no subscriber: a subscriber of control, QoS or metadata is stopped.",
  messagesRefused: MALFORMED,
  progressSent: "Only while a consumer asks for progress.",
  notAttached: "No lease: the driver is away, refuses, or is making another epoch. See `leasesLost` and its log.",
  attaches: "1 for each lease. More: leases are lost again and again.",
  attachesRefused: "The reason is in the log: another producer has the stream, it is unknown, or the layout differs.",
  leasesLost: "The process was paused for longer than the lease, the driver ended, or an operator revoked it.",
  bridged: "-",
  bridgeSent: PROGRESS,
  bridgeNotSent: "The sender's summary and `tensorpool info` on its host name the causes ([BRIDGE.md](BRIDGE.md)).",
  bridgeNoSlot: "No regions or no lease yet, or readers hold the stream back: see its log.",
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
  gap: "Descriptors never came: the producer's counters say why (`descriptorBackPressured`, `aborted`), or this reader was stopped. More slots, shorter pauses.",
  resync:
    "This reader is too slow for every frame: after one that was overwritten under its eyes it continues half a ring behind the newest (or at the newest, by `--max-seq-gap`). Less work a frame, `--mode latest` or `decimated`; more slots only if it is slow now and then.",
  overwritten:
    "This reader is further behind than the ring holds: more slots, less work a frame, `--mode latest` or `decimated`.",
  odd: "As `overwritten`, by a hair: the slot is written again just now. More slots.",
  changed: "As `overwritten`, during the reading: more slots, or copy first (`frame.copyTo`) and work on the copy.",
  identity: "As `overwritten`; or a producer whose descriptors name wrong slots, if it continues with an idle reader.",
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
  sinkTooSlow: "The program, pipe or disk behind the sink has no room: a faster one, `--max-rate`, `--mode decimated`.",
  sinkRefused: "The sink's format cannot express such frames (the log says what): another sink.",
  skipped: "Nothing: the mode asks for it.",
  unmapped:
    "Frames came before this reader had mapped: normal at start and at a change of epochs. Lasting: see `regionsRefused`.",
  foreignEpoch: "Normal for a moment when epochs change. Lasting: two producers of one stream id.",
  messagesRefused: MALFORMED,
  regionsRefused: "The log names rule and value: often `--allowed-base-dirs`, rights, or another `--shm-dir`.",
  progressSeen: "Only with `--progress`.",
  progressRefused: "A producer that tells of progress wrongly: harmless to frames.",
  configsObeyed: "This reader is being steered: the supervisor's rules, `consumer-config`, the HTTP API.",
  configsRefused: "The sender names a fallback that this version does not have.",
  idConflicts: "Two readers with one `--client-id`: give each its own, or none.",
  maps: "1 for each epoch. It grows fast: the producer restarts again and again.",
  ends: "The producer ended, restarted or fell silent.",
  ownersLost: "The owner of the regions died or was stopped: restart it.",
  attaches: "1 for each lease. More: leases are lost again and again.",
  attachesRefused: "The reason is in the log; unknown streams are served by `--stream` or `[streams]` of the driver.",
  leasesLost: "The process was paused for longer than the lease, the driver ended, or an operator revoked it.",
  detached:
    "This reader had no lease or no mapping for a while: see `leasesLost`, `regionsRefused` and its log. Shorter pauses, longer leases.",
  recording: "-",
  recorded: "-",
  recordedBytes: "-",
  recordingOverwritten: "More slots, a faster disk ([RECORDING.md](RECORDING.md)).",
  stagingFull: "The disk takes less than comes: a faster one, `--compress`; for bursts a larger `--buffer`.",
  diskTooSlow: "A larger `--buffer`.",
  diskFull: "Make room; `--split` with `--keep`.",
  diskFailed: "The recorder's error names the reason.",
  recordingPassed: "None: that is what a flight recorder does between triggers.",
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
  roundTripNs: "It grows: frames wait on the way; a larger window does not help, a lower rate does.",
  bridgeNaks: "Datagrams are lost: a larger `net.core.rmem_max` on the receiver, less traffic, another path.",
  bridgeRetransmits: "As `bridgeNaks`.",
  bridgeWindowFull: "The receiver takes less than comes: a larger `net.core.rmem_max` there, `--max-rate` here.",
  bridgeWindowBytes: "The rate is at most the window over the round trip.",
  bridgeSocketBytes: "Smaller than the window: `net.core.rmem_max` of the receiver.",
  bridgeDelayNs: "It grows: frames wait here or on the way; 0: the hosts' clocks are not related (yet).",
  bridgeDelayErrorNs: "Half of the shortest round trip, and drift.",
  tailsUnknown:
    "The reader was detached when the epoch ended: what its producer published after the last message that came here is in no counter.",
};

/** What to do when a driver's counter grows, or does not. */
export const DRIVER_ADVICE: Advice<DriverCounters> = {
  heartbeatNs: "Older than a second: the driver is stopped or starved of processor time.",
  attaches: PROGRESS,
  attachesRepeated: "Answers were lost or late: a client or the driver was busy.",
  attachesUnsupported: "A client of another version.",
  attachesInvalid: "A client asks for what cannot be: its log has the reason.",
  attachesRejected: "A second producer, an unknown stream, another layout: the client's log has the reason.",
  attachesFailed: "A defect, or regions could not be made: the driver's log says more.",
  detaches: PROGRESS,
  detachesRefused: "Harmless: a client gave back what had ended already.",
  keepalives: PROGRESS,
  keepalivesOfEndedLeases: "Clients that were stopped continue: they attach again by themselves.",
  keepalivesUnknown: "Clients of a driver before this one: they attach again by themselves.",
  keepalivesMismatched: "A client with a mixed-up lease; ignored. Mend the client.",
  leasesExpired: "Clients died or was paused: `tensorpool events` says which.",
  leasesRevoked: "An operator did it, or the media driver went away: the log says which.",
  messagesRefused: MALFORMED,
  messagesUnknown:
    "Other programs share the control stream, or a newer version speaks: `tensorpool tap --kind control` shows what.",
  messagesTooLong: "`--channel` has a `term-length` that is too small for the driver's answers: leave it out.",
  answersDropped: "Too many requests at once: clients ask again.",
  requestsUnauthorised: "A client tries to shut down or revoke without the token, or with another one.",
  announces: "It is paused: the driver is stopped.",
  sendsFailed: "A subscriber of the control stream is stopped or too slow: harmless when rare.",
  epochsMade: "Grows with each start and end of a producer. Fast: a producer restarts again and again.",
  epochsSwept:
    "Follows `epochsMade`. If it does not, `retainedEpochs` of the streams grows: who still maps them? (`info`)",
  epochsFailed: "No room in /dev/shm, no rights, or a limit: the log says which, and the driver tries again.",
  foreignAnnounces:
    "Another owner, which the lock of the stream does not keep out, uses a stream id of this driver: end one of them.",
  streams: "What is served.",
  leases: "Who is attached: `tensorpool lease ls`.",
  regionBytes: "Compare it with the room of /dev/shm, times the epochs that are kept.",
};

/** What to make of what a driver tells about a stream. */
export const STREAM_ADVICE: Advice<StreamCounters> = {
  epoch: "0 for long: regions cannot be made, see `epochsFailed`.",
  producerId: "0: no producer is attached.",
  consumers: "Who they are: `tensorpool info STREAM`.",
  regionBytes: "",
  retainedEpochs: "More than `epoch_gc_keep`: a process still maps old epochs, or they are too young to go.",
  epochsMade: "Grows with each start and end of a producer.",
};
