import type { LogAdvice } from "../core/log-advice.ts";

export const LOG_ADVICE: LogAdvice = {
  "aeron-link-counters.ts": {
    "NAKs, retransmits and readers of a bridge are not known: …": {
      means: "The media driver's counters cannot be read, so that a bridge's counters lack them.",
      remedy: "As the message says; frames are carried as before.",
    },
  },
  "bridge-receiver.ts": {
    "a sender at … is refused: it is none of the peers": {
      means: "A host that `--peer` does not name sends frames to this bridge.",
      remedy: "Name it with `--peer`, or end its sender.",
    },
    "a sender at … is refused: …": {
      means:
        "A sender asks for a stream that has no route, has another sender, forms a loop, or takes too much memory.",
      remedy:
        "As the message says: `--stream A=B`, one sender for a stream, `--max-memory`, or `--slots` and `--pool`.",
    },
  },
  "last-report.ts": {
    "stream …: ends, and the receiver has not reported … of the frames": {
      means: "The last frames of a source were sent, and no report of them came.",
      remedy: "Look at the receiver; `lossless` waits for 15 s without progress.",
    },
  },
  "output-stream.ts": {
    "stream …: …; trying again": {
      reads: "stream ID: why its regions cannot be made; trying again",
      means: "The stream that a decimator or a bridge publishes has no regions, so that it carries no frames.",
      remedy: "Free memory where the message says it is missing, or give the stream fewer `--slots`.",
    },
    "the attributes of the source are not forwarded: …": {
      means: "The producer of the source sends metadata that the protocol does not allow.",
      remedy: "Correct the producer; frames are carried, without attributes.",
    },
  },
  "path-mtu-watch.ts": {
    "stream …: the path to … takes datagrams of … bytes, and … are sent: IP cuts them into fragments, of which one that is lost costs the whole datagram; send to …":
      {
        means: "A link between the hosts takes shorter packets than the sender's own.",
        remedy: "Send to the channel that the message names; `tensorpool doctor --bridge HOST:PORT` looks at the path.",
      },
  },
  "return-path.ts": {
    "stream …: a receiver's report is refused: …": {
      means: "A receiver reports frames that cannot be: the sender's account leaves them out.",
      remedy: "One receiver at each address. If there is only one, it is of another version, or forged.",
    },
    "stream …: a message on the way back is refused: …": {
      means: "Something other than reports comes at the sender's port for reports.",
      remedy: "Find the host that sends there; frames are carried as before.",
    },
  },
};
