import type { LogAdvice } from "./log-advice.ts";

const PAGE_DISCONNECTED = {
  means: "A program that is no page of this version speaks to the viewer's WebSocket, holds no token, or floods it.",
  remedy: "Load the page again. If it comes again, find the program at that address.",
};

const OPEN_VIEWER = {
  means:
    "`--listen`, `--http`, `--http-hosts` or `--foxglove-address` lets other machines connect; holders of the token see frames.",
  remedy: "Put a proxy with TLS in front, or forward a port of the loopback with `ssh -L`.",
};

/** Of the viewer, see `LOG_ADVICE`. */
export const VIEWER_ADVICE: Readonly<Record<string, Readonly<Record<string, LogAdvice>>>> = {
  "src/cli/commands/view.ts": {
    "--open: xdg-open could not be started (…); open …": {
      means: "This machine has no xdg-open, or no browser.",
      remedy: "Open the address in a browser.",
    },
    "… is open to other machines, and not encrypted": OPEN_VIEWER,
  },
  "src/cli/supervision/foxglove.ts": {
    "… is open to other machines, and not encrypted": OPEN_VIEWER,
  },
  "src/view/foxglove/hub.ts": {
    "a client at … was disconnected: …": {
      means: "A program sent the port of `--foxglove` malformed messages, or too many.",
      remedy: "Find the program at that address. Foxglove and Lichtblick do not do that.",
    },
    "…; the viewer's own page reduces them": {
      means: "Frames of that stream are larger than 64 MiB, more than viewers of `--foxglove` are sent.",
      remedy: "Look at the stream on the viewer's own page.",
    },
  },
  "src/view/connected-pages.ts": { "a page at … was disconnected: …": PAGE_DISCONNECTED },
  "src/view/stream-eye.ts": {
    "stream … cannot be shown: …": {
      means: "The viewer is not allowed to map the regions of the stream, or they break a rule.",
      remedy: "Mostly rights or another `--shm-dir`; `tensorpool inspect STREAM` names the rule.",
    },
  },
  "src/web/foxglove-server.ts": {
    "a page of … was refused: its origin is not among those that may connect": {
      means: "A page in a browser tried to read frames by the port of `--foxglove`, and its origin is not listed.",
      remedy:
        "If it is your viewer, add the origin with `--foxglove-origins`; else a site that you visited tries to read your frames.",
    },
  },
  "src/web/view-routes.ts": {
    "the page could not be bundled: …": {
      means:
        "From the sources, Bun bundles the page when it is first asked for; a source or the package uplot is missing.",
      remedy: "`npm install`, or the single executable, which has the page inside.",
    },
  },
};
