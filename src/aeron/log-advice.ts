import type { LogAdvice } from "../core/log-advice.ts";

export const LOG_ADVICE: LogAdvice = {
  "connection.ts": {
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
  "counter.ts": {
    'the media driver has no counter left for "…"': {
      means: "The media driver's counters are used up: the role works, but not all of its counters are shown.",
      remedy: "Fewer roles on one media driver: see [Limits](#limits).",
    },
  },
  "driver-launcher.ts": {
    "the media driver ended with …: …": {
      means: "The media driver that this role started could not continue; the reason follows.",
      remedy: "Fix the cause: no room in /dev/shm, no rights in the folder, a folder that is no Aeron folder.",
    },
    "cannot start a media driver (…): …; trying again": {
      means: "The program could not start itself as a media driver.",
      remedy: "Limits of processes (`ulimit -u`), or the executable was removed.",
    },
  },
  "log-subscription.ts": {
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
  "media-driver.ts": {
    "…: safe only where all of them are trusted, as in a pod": {
      reads:
        "… belongs to … and may be changed by all users (mode …), who could exchange the media driver's files in it: safe only …",
      means: "The folder that holds the Aeron folder has no sticky bit, and every user may rename what is in it.",
      remedy: "None in a Kubernetes volume of one pod. Otherwise `chmod +t` or `chmod o-w`, or another `--aeron-dir`.",
    },
    "the media driver's folder … was removed, moved or replaced: serving in a new one": {
      means: "Another program has removed or moved the folder of a living media driver. All its clients connect again.",
      remedy: "Find what cleans up /dev/shm; `tensorpool gc` touches no folder of the living.",
    },
    "the media driver cannot serve … again: …; trying again": {
      means:
        "The folder of this media driver was taken away, and no other can be made in its place; the reason follows.",
      remedy: "Fix the cause: another media driver, a file in the folder's place, no room.",
    },
  },
  "resource-requests.ts": {
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
};
