import type { LogAdvice } from "../core/log-advice.ts";

const ITSELF = "Nothing: it recovers by itself.";

export const LOG_ADVICE: LogAdvice = {
  "attachment.ts": {
    "…; asking again": {
      reads: "the driver refuses stream … (CODE): …; asking again",
      means: "No lease: the code and the reason follow (another producer, unknown stream, other layout).",
      remedy: "Fix the cause, or start a driver. It is asked again with back-off.",
    },
    "the lease on stream … has ended: …; attaching again": {
      means: "The lease expired, was revoked, or the driver ended.",
      remedy: `${ITSELF} Often the process was paused: see \`was paused\` below.`,
    },
  },
  "consumer-control.ts": {
    "…: this one is … now": {
      reads: "another consumer of stream … has the id …: this one is … now",
      means: "Two consumers of a stream with one id (W-38).",
      remedy: "Give each its own `--client-id`, or none.",
    },
    "ConsumerConfig for stream … refused: fallback: …": {
      means: "A ConsumerConfig names a fallback that is unknown here.",
      remedy: "Fix the sender.",
    },
  },
  "descriptor-publisher.ts": {
    "no consumer reads stream …: waiting … for one, then frames are dropped at once": {
      means: "The last reader of a stream with `--flow wait` has left, or none has come yet.",
      remedy: "Start a reader, or end the producer. Frames without a reader are counted as `descriptorNotConnected`.",
    },
  },
  "driver/announcer.ts": {
    "stream …: its announce of … bytes is too long for the terms of …": {
      means: "Counted as `messagesTooLong`: consumers do not learn where the stream's regions are.",
      remedy: "Leave `term-length` out of `--channel`.",
    },
  },
  "driver/driver-stream.ts": {
    "stream …: …; trying again": {
      means: "The regions of a new epoch cannot be made: no room, no rights, a limit.",
      remedy:
        "`tensorpool doctor`, `tensorpool gc`, a larger /dev/shm, a higher memory limit. Nothing is served meanwhile.",
    },
  },
  "driver/driver.ts": {
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
  "driver/lease-service.ts": {
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
  "driver/stream-set.ts": {
    "stream …: …: beginning another epoch": {
      reads:
        "stream …: its regions were removed or moved (PATH), or: the superblock of PATH was overwritten: beginning another epoch",
      means: "Files below `--shm-dir` were removed, moved or overwritten by another process.",
      remedy:
        "Find that process: `rm`, a cleaner of temporary files, logind's RemoveIPC. The stream flows again by itself.",
    },
  },
  "pause-report.ts": {
    "… was paused for … s and missed … frames": {
      means:
        "The process did not run: stopped, swapped out, a debugger, a machine that slept, a handler that took long.",
      remedy: "More slots for pauses that are normal; otherwise find who stops it.",
    },
  },
  "producer-messages.ts": {
    "a message of … bytes is too long for the terms of …, stream …": {
      means: "Counted as `controlTooLong`: consumers do not receive these attributes.",
      remedy: "Leave `term-length` out of `--channel`, or give fewer attributes.",
    },
  },
  "reader-drain.ts": {
    "stream …: a reader has not seen the last frames, and took none for …: the stream ends": {
      means: "A source with `--flow wait` ended, and a reader did not get on: it loses the tail.",
      remedy: "A larger `--wait-timeout`; `tensorpool top` names the reader.",
    },
  },
  "second-writer-watch.ts": {
    "stream … is announced by … as well: end one of the two, or give it another stream": {
      reads:
        "stream … is announced by another producer (id …, epoch …) as well: end one of the two, or give it another stream",
      means: "Two processes own the stream: the other one does not know, or cannot reach, the lock of the stream.",
      remedy: "End one of the two, or give it another stream id.",
    },
  },
  "sink-pump.ts": {
    "frame … has strides …: expected a contiguous one, dropped": {
      means: "The sink writes contiguous arrays only.",
      remedy: "A producer that sends contiguous frames, or a module as a sink.",
    },
    "frame …: …: dropped": {
      means: "The sink's format cannot express this frame (counted as `sinkRefused`).",
      remedy: "Another sink: `npy:` takes every dtype but bits.",
    },
  },
  "source-pump.ts": {
    "a frame of … bytes is larger than every pool (…): dropped": {
      means: "Counted as `noPool`.",
      remedy: "A larger pool: `tensorpool sizing --frame SIZE`.",
    },
  },
  "standalone-regions.ts": {
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
  "stream-mapping.ts": {
    "stream …: ……": {
      reads: "stream …: region refused: …",
      means:
        "The announced regions are refused: the message says what was expected and what was found (W-31), and with `--log-level debug` under which rule. An epoch that is mapped already is still read.",
      remedy:
        "Often `--shm-dir` or `--allowed-base-dirs` of the consumer, or rights; otherwise the producer, or a second one of this stream.",
    },
  },
};
