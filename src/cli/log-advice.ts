import type { LogAdvice } from "../core/log-advice.ts";

const OPEN_VIEWER = {
  means:
    "`--listen`, `--http`, `--http-hosts` or `--foxglove-address` lets other machines connect; holders of the token see frames.",
  remedy: "Put a proxy with TLS in front, or forward a port of the loopback with `ssh -L`.",
};

export const LOG_ADVICE: LogAdvice = {
  "bridge/receive.ts": {
    "frames are taken from every host that can reach this one, and are not encrypted: name the senders with --peer": {
      means: "`bridge receive` listens on more than the loopback, without a list of senders.",
      remedy: "`--peer ADDRESS`, and a tunnel on networks that you do not trust: see SECURITY.md.",
    },
  },
  "commands/delay.ts": {
    "stream …: no metadata came: its clock is taken for monotonic": {
      means: "A producer that sends no metadata.",
      remedy: "Distrust the figures where its timestamps are of another clock.",
    },
  },
  "commands/run.ts": {
    "…": {
      reads: "what else failed while a role could not be started",
      means: "`tensorpool run` ends because one of its roles could not begin; this is a second reason.",
      remedy: "Fix the first one, which is the last line, with `tensorpool:`.",
    },
  },
  "commands/supervisor.ts": {
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
  "commands/view.ts": {
    "--open: xdg-open could not be started (…); open …": {
      means: "This machine has no xdg-open, or no browser.",
      remedy: "Open the address in a browser.",
    },
    "… is open to other machines, and not encrypted": OPEN_VIEWER,
  },
  "lifetime/service-manager.ts": {
    "the service manager cannot be notified (NOTIFY_SOCKET): …": {
      means: "The variable names no Unix socket. The role runs, but its unit is not reported as started.",
      remedy: "Leave NOTIFY_SOCKET to the service manager.",
    },
    "the service manager was not notified (…): …": {
      means: "The socket of the service manager takes no datagrams.",
      remedy: "Check that the unit has `Type=notify` and that nothing removes its socket.",
    },
  },
  "main.ts": {
    "…": {
      reads: "TENSORPOOL_…: sets nothing; did you mean …?",
      means: "A variable of ours with a name that nothing takes.",
      remedy: "Correct its name: the setting has no effect.",
    },
  },
  "supervision/foxglove.ts": {
    "… is open to other machines, and not encrypted": OPEN_VIEWER,
  },
};
