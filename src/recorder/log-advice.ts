import type { LogAdvice } from "../core/log-advice.ts";

export const LOG_ADVICE: LogAdvice = {
  "flight.ts": {
    "…; it is tried again every second": {
      means: "A trigger came, and the file for its frames cannot be created; the line says why. They wait in memory.",
      remedy: "Make the folder of `--to` writable, or make room.",
    },
    "the frames of the last trigger are lost: no file could be created for them": {
      means: "No file could be created for the frames of a trigger until 10 s after the time that was asked for.",
      remedy: "The line before says why. The frames count as `diskFailed`; the next trigger tries again.",
    },
  },
  "recording-writer.ts": {
    "…": {
      reads:
        "the disk is full …: recording is paused until there is room …; the disk has not answered for …; … has no index: …",
      means:
        "The disk of a recording is full, hangs, or a file could not be completed. Frames that are not recorded meanwhile are counted, in the recording as well.",
      remedy: "Make room, or let `--keep` remove the oldest parts. A file without an index can be read all the same.",
    },
  },
};
