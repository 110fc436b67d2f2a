import type { LogAdvice } from "../core/log-advice.ts";

export const LOG_ADVICE: LogAdvice = {
  "observer.ts": {
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
};
