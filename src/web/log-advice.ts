import type { LogAdvice } from "../core/log-advice.ts";

export const LOG_ADVICE: LogAdvice = {
  "api.ts": {
    "… …: …": {
      reads: "GET /PATH: …",
      means: "A request to the supervisor met a defect.",
      remedy: "Report it with the line.",
    },
  },
  "foxglove-server.ts": {
    "a page of … was refused: its origin is not among those that may connect": {
      means: "A page in a browser tried to read frames by the port of `--foxglove`, and its origin is not listed.",
      remedy:
        "If it is your viewer, add the origin with `--foxglove-origins`; else a site that you visited tries to read your frames.",
    },
  },
  "guard.ts": {
    "a request with a wrong token came from …": {
      means:
        "A request to steer a consumer carried another token than `--http-token`. After ten, an address has one attempt a second.",
      remedy: "Give the client the token, or find out who is guessing.",
    },
  },
  "trigger-server.ts": {
    "… …: …": { reads: "POST /PATH: …", means: "A request met a defect.", remedy: "Report it with the line." },
  },
  "view-routes.ts": {
    "the page could not be bundled: …": {
      means:
        "From the sources, Bun bundles the page when it is first asked for; a source or the package uplot is missing.",
      remedy: "`npm install`, or the single executable, which has the page inside.",
    },
  },
};
