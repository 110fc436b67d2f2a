import type { LogAdvice } from "./log-advice.ts";

/** Of a flight recorder. */
export const FLIGHT_ADVICE: Readonly<Record<string, Readonly<Record<string, LogAdvice>>>> = {
  "src/recorder/flight.ts": {
    "…; it is tried again every second": {
      means: "A trigger came, and the file for its frames cannot be created; the line says why. They wait in memory.",
      remedy: "Make the folder of `--to` writable, or make room.",
    },
    "the frames of the last trigger are lost: no file could be created for them": {
      means: "No file could be created for the frames of a trigger until 10 s after the time that was asked for.",
      remedy: "The line before says why. The frames count as `diskFailed`; the next trigger tries again.",
    },
  },
  "src/web/trigger-server.ts": {
    "… …: …": { reads: "POST /PATH: …", means: "A request met a defect.", remedy: "Report it with the line." },
  },
};
