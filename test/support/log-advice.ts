import { BRIDGE_LOG_ADVICE } from "./log-advice-bridge.ts";
import { FLIGHT_ADVICE } from "./log-advice-recorder.ts";
import { VIEWER_ADVICE } from "./log-advice-viewer.ts";

/** What a line of the log means, and what to do about it. */
export interface LogAdvice {
  /** How the line reads, where the code only passes it on. */
  readonly reads?: string;
  readonly means: string;
  readonly remedy: string;
}

const ITSELF = "Nothing: it recovers by itself.";

/** By file, and the text there. */
export const LOG_ADVICE: Readonly<Record<string, Readonly<Record<string, LogAdvice>>>> = {
  ...FLIGHT_ADVICE,
  "src/aeron/connection.ts": {
    '"…" is not shown: this process shows … counters already': {
      means: "A process with very many roles or streams: its counters beyond that exist, but are not shown.",
      remedy: "Nothing, if they are not needed; else fewer streams in a process.",
    },
    "… is added again: …": {
      means:
        "Another client of the media driver (one that was paused for longer than the driver waits, mostly) has stored a position where it was not its own any more. The publication had lost its subscribers.",
      remedy: "None: it is repaired. If it comes again, find the process that is paused.",
    },
    "Aeron reports error …: …": {
      means: "The media driver refused something, or an Aeron client erred.",
      remedy: "If it comes again: `tensorpool doctor`, and the media driver's own log.",
    },
    "cannot connect to the media driver in …: …": {
      means: "There is a media driver, and it does not let this process in.",
      remedy: "Mostly rights: see SECURITY.md on users and groups. It is tried again indefinitely.",
    },
    "… (…): waiting for it": {
      reads: "the media driver (pid …) gave no sign of life for … (DIR): waiting for it",
      means: "The media driver is stopped, or gets no processor time.",
      remedy: "Let it continue (`kill -CONT`), or end it: roles connect to the next one.",
    },
    "…: waiting for that to change": {
      reads: "why a media driver that may live cannot be used: waiting for that to change",
      means: "A media driver of another container's process ids, or files that this user may not look at.",
      remedy: "One pid namespace, or the same user or group, for all who share the Aeron folder.",
    },
    "… (…)": {
      reads: "the media driver (pid …) gave no sign of life for … (DIR)",
      means: "The media driver this role is connected to is stopped, or gets no processor time.",
      remedy: "Let it continue (`kill -CONT`), or end it: roles connect to the next one.",
    },
    "… (…): waiting for another": {
      reads: "the media driver died (DIR): waiting for another",
      means: "The media driver ended, was killed, or gave this client up because it was paused.",
      remedy: "Start a driver again if none starts by itself. Roles reconnect and attach again by themselves.",
    },
  },
  "src/aeron/media-driver.ts": {
    "the media driver's folder … was removed, moved or replaced: serving in a new one": {
      means: "Another program has removed or moved the folder of a living media driver. All its clients connect again.",
      remedy: "Find what cleans up /dev/shm; `tensorpool gc` touches no folder of the living.",
    },
    "the media driver cannot serve … again: …; trying again": {
      means:
        "The folder of this media driver was taken away, and no other can be made in its place; the reason follows.",
      remedy: "Mend the reason: another media driver, a file in the folder's place, no room.",
    },
  },
  "src/aeron/resource-requests.ts": {
    "the media driver has not answered within 10 s (…): asking again": {
      means: "The media driver is overloaded, or was paused.",
      remedy:
        "Find what keeps the media driver from running (`top`, cgroup limits). The request is repeated until it is answered.",
    },
    "no room for …: …; asking again": {
      means:
        "The log of a publication would take a memory cgroup around this process beyond its limit, where the kernel ends processes. The publication waits until there is room.",
      remedy: "Raise MemoryMax= of the unit or `docker run --memory`; regions and logs count against it.",
    },
    "the media driver cannot make …: …; asking again": {
      means:
        "The media driver's 8,192 counters are taken, its file system is full or fails, or its process has no descriptors left. The publication or subscription is asked for again.",
      remedy:
        "Fewer roles on one media driver (see [Limits](#limits)), or more room in /dev/shm: `tensorpool gc`, `tensorpool doctor`.",
    },
  },
  "src/aeron/log-subscription.ts": {
    "the log of a publisher on … stream … (session …) holds what cannot be a frame: skipping to its end": {
      means: "A publisher has written what is no Aeron frame, or another process has written into its log.",
      remedy:
        "Find the publisher by its session: `tensorpool tap`, AeronStat. What was passed over is counted; reading continues.",
    },
    "the media driver let this process join … stream … (session …) beyond what was published: another client has overwritten a position; the publisher has to be added again":
      {
        means: "Another client of the media driver has stored a position that was never published.",
        remedy:
          "None where the publisher is tensorpool's: it adds the publication again within 3 s. Else restart the publisher.",
      },
  },
  "src/aeron/counter.ts": {
    'the media driver has no counter left for "…"': {
      means: "The same for a counter: the role does its work, and is not seen in full.",
      remedy: "Fewer roles on one media driver: see [Limits](#limits).",
    },
  },
  "src/aeron/driver-launcher.ts": {
    "the media driver ended with …: …": {
      means: "The media driver that this role started could not continue; the reason follows.",
      remedy: "Mend the reason: no room in /dev/shm, no rights in the folder, a folder that is no Aeron folder.",
    },
    "cannot start a media driver (…): …; trying again": {
      means: "The program could not start itself as a media driver.",
      remedy: "Limits of processes (`ulimit -u`), or the executable was removed.",
    },
  },
  ...BRIDGE_LOG_ADVICE,
  "src/cli/bridge/receive.ts": {
    "frames are taken from every host that can reach this one, and are not encrypted: name the senders with --peer": {
      means: "`bridge receive` listens on more than the loopback, without a list of senders.",
      remedy: "`--peer ADDRESS`, and a tunnel on networks that you do not trust: see SECURITY.md.",
    },
  },
  "src/cli/commands/delay.ts": {
    "stream …: no metadata came: its clock is taken for monotonic": {
      means: "A producer that sends no metadata.",
      remedy: "Distrust the figures where its timestamps are of another clock.",
    },
  },
  "src/cli/commands/run.ts": {
    "…": {
      reads: "what else failed while a role could not be started",
      means: "`tensorpool run` ends because one of its roles could not begin; this is a second reason.",
      remedy: "Mend the first one, which is the last line, with `tensorpool:`.",
    },
  },
  "src/cli/commands/supervisor.ts": {
    "… is open to other machines, and not encrypted": {
      means: "`--http` listens on more than the loopback.",
      remedy: "Put a proxy with TLS in front, or listen on 127.0.0.1.",
    },
    "…: …": {
      reads: "KIND: what happened",
      means: "An event of severity warning: producer-lost, drops-above, duplicate-id and others.",
      remedy: "MONITORING.md lists the kinds.",
    },
  },
  "src/cli/main.ts": {
    "…": {
      reads: "TENSORPOOL_…: sets nothing; did you mean …?",
      means: "A variable of ours with a name that nothing takes.",
      remedy: "Mend its name: the setting is not in force.",
    },
  },
  "src/io/claims/attribute-announcer.ts": {
    "attribute …: larger than … bytes, not handed over": {
      means: "A program that takes claims does not get this attribute of the stream: its record would be too long.",
      remedy: "Use `tensorpool info` to read it, or keep large values out of attributes.",
    },
  },
  "src/io/module/ending.ts": {
    "…": {
      reads: "module:FILE: … threw …",
      means: "A module's code failed while it was ended.",
      remedy: "Mend the module. Frames are not concerned any more.",
    },
  },
  "src/io/y4m/sink.ts": {
    "…": {
      reads: "frame rate or colour is taken to be …",
      means: "The stream's metadata do not say what a y4m header needs; the line says what is assumed.",
      remedy: "Give the producer the attributes, or ignore it.",
    },
  },
  "src/io/y4m/source.ts": {
    "…": {
      reads: "parameters of single frames (FRAME …) are not passed on …",
      means: "A y4m input says something of single frames, which metadata, being the stream's, cannot carry.",
      remedy: "None is needed unless a reader wants those parameters.",
    },
  },
  "src/recorder/recording-writer.ts": {
    "…": {
      reads:
        "the disk is full …: recording is paused until there is room …; the disk has not answered for …; … has no index: …",
      means:
        "The disk of a recording is full, hangs, or a file could not be completed. Frames that are not recorded meanwhile are counted, in the recording as well.",
      remedy: "Make room, or let `--keep` remove the oldest parts. A file without an index can be read all the same.",
    },
  },
  "src/roles/attachment.ts": {
    "…; asking again": {
      reads: "the driver refuses stream … (CODE): …; asking again",
      means: "No lease: the code and the reason follow (another producer, unknown stream, other layout).",
      remedy: "Mend the reason, or start a driver. It is asked again with back-off.",
    },
    "the lease on stream … has ended: …; attaching again": {
      means: "The lease expired, was revoked, or the driver ended.",
      remedy: `${ITSELF} Often: the process is paused, see \`was paused\` below.`,
    },
  },
  "src/roles/consumer-control.ts": {
    "…: this one is … now": {
      reads: "another consumer of stream … has the id …: this one is … now",
      means: "Two consumers of a stream with one id (W-38).",
      remedy: "Give each its own `--client-id`, or none.",
    },
    "ConsumerConfig for stream … refused: fallback: …": {
      means: "A ConsumerConfig names a fallback that is unknown here.",
      remedy: "Mend the sender.",
    },
  },
  "src/roles/descriptor-publisher.ts": {
    "no consumer reads stream …: waiting … for one, then frames are dropped at once": {
      means: "The last reader of a stream with `--flow wait` has left, or none has come yet.",
      remedy: "Start a reader, or end the producer. Frames without a reader are counted as `descriptorNotConnected`.",
    },
  },
  "src/roles/driver/driver-stream.ts": {
    "stream …: …; trying again": {
      means: "The regions of a new epoch cannot be made: no room, no rights, a limit.",
      remedy:
        "`tensorpool doctor`, `tensorpool gc`, a larger /dev/shm, a higher memory limit. Nothing is served meanwhile.",
    },
  },
  "src/roles/driver/stream-set.ts": {
    "stream …: …: beginning another epoch": {
      reads:
        "stream …: its regions were removed or moved (PATH), or: the superblock of PATH was overwritten: beginning another epoch",
      means: "Files below `--shm-dir` were removed, moved or overwritten by another process.",
      remedy:
        "Find that process: `rm`, a cleaner of temporary files, logind's RemoveIPC. The stream flows again by itself.",
    },
  },
  "src/roles/driver/driver.ts": {
    "this driver was paused for … s: leases are given that much longer": {
      means: "The driver did not run for a while; clients were not to blame.",
      remedy: "As for consumers: find who stops it.",
    },
    "… epoch(s) are still mapped by clients: left for a later sweep (tensorpool gc)": {
      means: "The driver ends, and clients did not let go within `shutdown_timeout_ms`.",
      remedy: "`tensorpool gc` when they have ended; the next driver sweeps them as well.",
    },
    "asked to shut down (request …)…": {
      means: "`tensorpool shutdown`, or another sender with the token.",
      remedy: "Nothing.",
    },
    "stream …: … as well: end it, or give one of the two another stream": {
      reads:
        "stream …: epoch … is announced by another owner (Aeron session …) as well: end it, or give one of the two another stream",
      means: "Two processes own the stream: the other one does not know, or cannot reach, the lock of the stream.",
      remedy: "End one of the two, or give it another stream id.",
    },
  },
  "src/roles/driver/lease-service.ts": {
    "an administrative request is ignored: they are off (policies.shutdown_token is empty)": {
      means: "A client asked for a shutdown or a revocation.",
      remedy: "Set a token if that is wanted.",
    },
    "an administrative request is ignored: its token is another": {
      means: "A wrong token.",
      remedy: "Use the driver's file: `--config`.",
    },
    "stream …: …": {
      means: "A stream cannot be made on demand.",
      remedy: "The message has the reason; the client is refused with it.",
    },
    "… has expired: no keepalive came": {
      reads: "ROLE CLIENT of stream …: lease … has expired: no keepalive came",
      means: "The client died or was paused for longer than the lease.",
      remedy: "See what became of the process that is named.",
    },
    "… was revoked…": {
      reads: "ROLE CLIENT of stream …: lease … was revoked",
      means: "An operator ended it.",
      remedy: "Nothing.",
    },
  },
  "src/roles/pause-report.ts": {
    "… was paused for … s and missed … frames": {
      means:
        "The process did not run: stopped, swapped out, a debugger, a machine that slept, a handler that took long.",
      remedy: "More slots for pauses that are normal; otherwise find who stops it.",
    },
  },
  "src/roles/sink-pump.ts": {
    "frame … has strides …: expected a contiguous one, dropped": {
      means: "The sink writes contiguous arrays only.",
      remedy: "A producer that sends contiguous frames, or a module as a sink.",
    },
    "frame …: …: dropped": {
      means: "The sink's format cannot express this frame (counted as `sinkRefused`).",
      remedy: "Another sink: `npy:` takes every dtype but bits.",
    },
  },
  "src/roles/source-pump.ts": {
    "a frame of … bytes is larger than every pool (…): dropped": {
      means: "Counted as `noPool`.",
      remedy: "A larger pool: `tensorpool sizing --frame SIZE`.",
    },
  },
  "src/roles/second-writer-watch.ts": {
    "stream … is announced by … as well: end one of the two, or give it another stream": {
      reads:
        "stream … is announced by another producer (id …, epoch …) as well: end one of the two, or give it another stream",
      means: "Two processes own the stream: the other one does not know, or cannot reach, the lock of the stream.",
      remedy: "End one of the two, or give it another stream id.",
    },
  },
  "src/roles/standalone-regions.ts": {
    "stream …: …: starting a new epoch": {
      reads:
        "stream …: its regions were removed or moved (PATH), or: the superblock of PATH was overwritten: starting a new epoch",
      means: "Files below `--shm-dir` were removed, moved or overwritten by another process.",
      remedy:
        "Find that process: `rm`, a cleaner of temporary files, logind's RemoveIPC. The stream flows again by itself.",
    },
    "stream …: …; trying again": {
      means: "The regions of a producer's next epoch cannot be made now.",
      remedy: "The message has the reason, mostly too little room: `tensorpool gc`, or larger shared memory.",
    },
    "the producer of stream … was paused for … s: starting a new epoch": {
      means: "A producer without a driver was stopped for so long that readers took it for dead.",
      remedy: `${ITSELF} Readers map the new epoch.`,
    },
  },
  "src/roles/stream-mapping.ts": {
    "stream …: ……": {
      reads: "stream …: region refused: …",
      means:
        "The announced regions are refused: the message says what was expected and what was found (W-31), and with `--log-level debug` under which rule. An epoch that is mapped already is still read.",
      remedy:
        "Often `--shm-dir` or `--allowed-base-dirs` of the consumer, or rights; otherwise the producer, or a second one of this stream.",
    },
  },
  "src/supervision/observer.ts": {
    "drops by cause and bytes are not known: …": {
      means: "The media driver's counters file cannot be read.",
      remedy: "Run the supervisor as a user who may read the Aeron folder.",
    },
    "this process was paused for … s: what happened meanwhile was not seen": {
      means:
        "The supervisor or tool did not run for that long. It reports no producer or consumer as lost for that silence.",
      remedy: "Nothing, if it was stopped on purpose; else give it more processor time.",
    },
  },
  "src/roles/producer-messages.ts": {
    "a message of … bytes is too long for the terms of …, stream …": {
      means: "Counted as `controlTooLong`: consumers do not receive these attributes.",
      remedy: "Leave `term-length` out of `--channel`, or give fewer attributes.",
    },
  },
  "src/roles/driver/announcer.ts": {
    "stream …: its announce of … bytes is too long for the terms of …": {
      means: "Counted as `messagesTooLong`: consumers do not learn where the stream's regions are.",
      remedy: "Leave `term-length` out of `--channel`.",
    },
  },
  "src/cli/lifetime/service-manager.ts": {
    "the service manager cannot be notified (NOTIFY_SOCKET): …": {
      means: "The variable names no Unix socket. The role runs, but its unit is not reported as started.",
      remedy: "Leave NOTIFY_SOCKET to the service manager.",
    },
    "the service manager was not notified (…): …": {
      means: "The socket of the service manager takes no datagrams.",
      remedy: "Check that the unit has `Type=notify` and that nothing removes its socket.",
    },
  },
  "src/web/api.ts": {
    "… …: …": {
      reads: "GET /PATH: …",
      means: "A request to the supervisor met a defect.",
      remedy: "Report it with the line.",
    },
  },
  "src/web/guard.ts": {
    "a request with a wrong token came from …": {
      means:
        "A request to steer a consumer carried another token than `--http-token`. After ten, an address has one attempt a second.",
      remedy: "Give the client the token, or find out who is guessing.",
    },
  },
  ...VIEWER_ADVICE,
};
