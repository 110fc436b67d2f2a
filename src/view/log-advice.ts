import type { LogAdvice } from "../core/log-advice.ts";

const PAGE_DISCONNECTED = {
  means: "A program that is no page of this version speaks to the viewer's WebSocket, holds no token, or floods it.",
  remedy: "Load the page again. If it comes again, find the program at that address.",
};

export const LOG_ADVICE: LogAdvice = {
  "connected-pages.ts": { "a page at … was disconnected: …": PAGE_DISCONNECTED },
  "foxglove/hub.ts": {
    "a client at … was disconnected: …": {
      means: "A program sent the port of `--foxglove` malformed messages, or too many.",
      remedy: "Find the program at that address. Foxglove and Lichtblick do not do that.",
    },
    "…; the viewer's own page reduces them": {
      means: "Frames of that stream are larger than 64 MiB, more than viewers of `--foxglove` are sent.",
      remedy: "Look at the stream on the viewer's own page.",
    },
  },
  "stream-eye.ts": {
    "stream … cannot be shown: …": {
      means: "The viewer is not allowed to map the regions of the stream, or they break a rule.",
      remedy: "Mostly rights or another `--shm-dir`; `tensorpool inspect STREAM` names the rule.",
    },
  },
};
