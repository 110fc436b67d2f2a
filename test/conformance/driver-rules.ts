import { type Chapter, rule } from "./rules.ts";

/** All rules of driver model 1.0. */
export const DRIVER_RULE_IDS: readonly string[] = Array.from(
  { length: 20 },
  (_, i) => `D-${String(i + 1).padStart(2, "0")}`,
);

/** The chapters of the driver model, with those of its rules that tests name, in order. */
export const DRIVER_CHAPTERS: readonly Chapter[] = [
  {
    title: "Who may do what",
    rules: [
      rule(
        "D-01",
        "Only the driver makes, initialises and unlinks regions, picks paths and changes epochs.",
        "`DriverStream` makes an epoch in slices; a producer with a lease maps what it is given for writing (`LeasedRegions`), and no more.",
      ),
      rule(
        "D-02",
        "At most one driver manages a stream.",
        "A byte of a lock file beside the Aeron folder stands for each control stream and stream id (`ServiceLocks`); an owner that the lock does not keep out is recognised by announces at its cadence (`RivalWatch`), and the one that was first stays.",
      ),
      rule(
        "D-03",
        "At most one producer lease a stream; consumers attach without limit.",
        "`decideAttach` rejects a second producer and names the first; `LeaseTable` would not hold two.",
      ),
      rule(
        "D-04",
        "The driver alone announces; producerId is the attached producer's client id, or 0; it answers for activity.",
        "Announces are spread over the period, and come at once on every change; with each goes a sign of life in the superblocks.",
      ),
      rule(
        "D-05",
        "Rules of URIs and paths hold on both sides; a client never weakens one.",
        "Granted regions go through the same checks as announced ones, for a producer too; what fails is given back.",
      ),
    ],
  },
  {
    title: "Attach",
    rules: [
      rule(
        "D-06",
        "Answers go with requests by correlationId; one attach in flight; a retry after a wait gets the same lease.",
        "Waits double up to a bound and are shortened at random; the same id, session and client get the lease they have, for its full time again.",
      ),
      rule(
        "D-07",
        "An answer that misses something or contradicts itself is a protocol error: nothing is mapped.",
        "`findAnswerFault` looks at every field and names the first that is not as it has to be.",
      ),
      rule(
        "D-08",
        "A refusal says why in at most 1,024 bytes.",
        "Every refusal names rule, expectation and finding; longer texts are cut between characters.",
      ),
      rule(
        "D-09",
        "Each kind of refusal has its code.",
        "`decideAttach` checks in a documented order, and the first fault is the answer; what cannot be read goes through `refuseUnreadable`.",
      ),
      rule(
        "D-10",
        "Lease ids are never used again; a client id has one lease at a time.",
        "Ids count up from a random one of 62 bits; the newer attach is rejected, whatever its stream and role.",
      ),
    ],
  },
  {
    title: "Leases",
    rules: [
      rule(
        "D-11",
        "Keepalives extend a lease; without them it ends an interval times the grace after the last valid one.",
        "`LeaseTable` counts from when a keepalive is read, the client's `LeaseValidity` from before it was sent and with what was left of the lease when it learned of it. Misdirected ones extend nothing.",
      ),
      rule(
        "D-12",
        "Every end is announced once, with its reason.",
        "A lease leaves the table before its end is told, so no second end is possible, whatever the listener does.",
      ),
      rule(
        "D-13",
        "Producers that come or go, other layouts or files, and a restart begin an epoch above all before.",
        "One rule, `nextEpochAfter`, for drivers and standalone producers: above the disk, above memory, not below the wall clock.",
      ),
      rule(
        "D-14",
        "A client whose lease ended stops at once and attaches again; other leases are left alone.",
        "Before anything else a cycle asks whether the lease still holds, and reads what the driver said before it touches a region; claims and frames in flight end with it, and their handles become errors.",
      ),
      rule(
        "D-15",
        "A keepalive that cannot be sent is fatal to the lease.",
        "A full window may pass within a period; what stays refused longer, or cannot pass, ends the lease, and another is asked for.",
      ),
      rule(
        "D-16",
        "A detach ends the lease that it names in full; any other is rejected, and repeating it is harmless.",
        "Id, stream, client and role have to be those of a live lease.",
      ),
    ],
  },
  {
    title: "Start, stop and death",
    rules: [
      rule(
        "D-17",
        "A driver's death ends every lease; clients see it by expiry, missing announces or a higher epoch.",
        "Three announce periods without an announce, and a little, end a lease; a slower driver's period is learned from its announces.",
      ),
      rule(
        "D-18",
        "A restarted driver never continues an old epoch.",
        "A restart begins an epoch for each stream before any lease is given, above all on disk and the clock.",
      ),
      rule(
        "D-19",
        "Stale epochs are swept by number and age, those without a frame at once, and only what no process locks.",
        "`epochsToSweep` says which may go, the locks which can; nothing else is touched.",
      ),
      rule(
        "D-20",
        "An administrative request needs the configured token.",
        "It is compared in a time that tells nothing about it; without one such requests are off.",
      ),
    ],
  },
];

export const DRIVER_RULES = DRIVER_CHAPTERS.flatMap(({ rules }) => rules);

/** Rules that no test names: they have no entry above. */
export const DRIVER_RULES_WITHOUT_TEST: readonly string[] = DRIVER_RULE_IDS.filter(
  (id) => !DRIVER_RULES.some((each) => each.id === id),
);
