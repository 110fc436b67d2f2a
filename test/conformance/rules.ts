/** A rule of a specification as this project keeps it. */
export interface Rule {
  readonly id: string;
  /** What it asks for, in our words. */
  readonly asks: string;
  /** What we do. */
  readonly does: string;
}

export interface Chapter {
  readonly title: string;
  readonly rules: readonly Rule[];
}

/** The chapters of wire protocol 1.1, with their rules in order. */
export const CHAPTERS: readonly Chapter[] = [
  {
    title: "Regions",
    rules: [
      rule(
        "W-01",
        "Every region begins with a superblock of 64 bytes, whatever an SBE block length says.",
        "Slots begin at byte 64 everywhere; the superblock is written and compared byte by byte with the reference encoding.",
      ),
      rule(
        "W-02",
        "Slot i lies at 64 + i * 256 in the ring and at 64 + i * stride in a pool; files hold all slots, in whole pages.",
        "Offsets are plain numbers, exact beyond 4 GiB; files are made in whole pages and checked for their length before they are mapped.",
      ),
      rule(
        "W-03",
        "All pools have the ring's number of slots, and a frame has the same slot in both.",
        "Creation offers one number for all; an announce whose pools differ is refused, and so is a header that names another slot.",
      ),
      rule(
        "W-04",
        "A stride is a power of two and a multiple of the page, or huge page, that backs the file.",
        "The page size is asked of the opened file, and both sides refuse strides that do not fit it, also when announce and superblock agree.",
      ),
      rule(
        "W-05",
        "A frame goes to the smallest pool that holds it; if none does, it is dropped and counted, without blocking.",
        "`tryClaim` picks the pool; a frame that fits none counts as `noPool` and takes no seq.",
      ),
      rule(
        "W-06",
        "A region is announced only after its superblock is written and synced; later only the activity changes.",
        "Creation returns when every superblock is complete and on its file; only then there is something to announce.",
      ),
      rule(
        "W-07",
        "A consumer compares every identifying field of the superblock with the announce, at mapping and at each announce.",
        "The nine fields are compared one by one; the first that differs is named, and the stream is unmapped.",
      ),
      rule(
        "W-08",
        "An owner without activity for 3 to 5 periods is dead; another pid under the same epoch means two writers.",
        "After four periods, or with another pid, the consumer unmaps and takes a new epoch only; a producer that finds an older one gives up.",
      ),
    ],
  },
  {
    title: "Headers",
    rules: [
      rule(
        "W-09",
        "A frame has zero to eight dims; what stands beyond ndims is written 0 and ignored.",
        "More than eight count as `headerNdims`; nothing beyond ndims is looked at.",
      ),
      rule(
        "W-10",
        "Strides are bytes, 0 for contiguous; negative, overlapping or order-contradicting ones are rejected.",
        "Readers count them as `headerStrides`; writers refuse them before anybody sees the frame.",
      ),
      rule(
        "W-11",
        "A reader drops frames whose offset, length, slot, pool, dtype, order or shape is not as it has to be.",
        "Each has a cause of its own: `headerPayloadOffset`, `headerValuesLength`, `headerPayloadSlot`, `headerPoolId`, `headerDtype`, `headerMajorOrder`, `headerDims`, `headerShape`.",
      ),
      rule(
        "W-12",
        "A frame without values is valid, and its payload is never read.",
        "It is handed out with zero bytes.",
      ),
      rule(
        "W-13",
        "The padding is the producer's, readers ignore it, and no address is ever stored in it.",
        "It is neither written nor read.",
      ),
    ],
  },
  {
    title: "Commit protocol",
    rules: [
      rule(
        "W-14",
        "The commit word lies in one cache line and is stored by one aligned store of 8 bytes.",
        "Slots are 256 bytes from 64 on, and the store is libaeron's 8-byte release store.",
      ),
      rule(
        "W-15",
        "Per frame: mark the slot, fill payload and every field, make it visible, commit with release, tell by descriptor.",
        "`tryClaim`, `commit` and `offer` are one path that does this; an aborted claim stays marked.",
      ),
      rule(
        "W-16",
        "A reader accepts a frame only if the slot held that very frame, committed, before and after it was read.",
        "`FrameReader` loads the word with acquire before and, behind a fence, after; everything else is `odd`, `changed` or `identity`.",
      ),
      rule(
        "W-17",
        "A consumer never waits for a commit; a word lower than one it has seen is stale.",
        "Whatever the word is, the descriptor is dealt with in the same poll, once.",
      ),
      rule(
        "W-18",
        "A producer overwrites without waiting for a reader.",
        "Slots are reused in ring order; the only wait there is (`--flow wait`) is for descriptors, bounded and asked for.",
      ),
      rule(
        "W-19",
        "A gap in seq counts its length; each loss counts once, under one cause.",
        "`accepted` and all causes add up to the frames claimed; on the wire gaps and late drops are summed as prescribed.",
      ),
      rule(
        "W-20",
        "A reader too far behind may go to the newest frame; what the ring cannot hold any more is skipped unread.",
        "`maxOutstandingSeqGap` counts `resync`; older descriptors than the ring count as `overwritten`.",
      ),
    ],
  },
  {
    title: "Epochs and mapping",
    rules: [
      rule(
        "W-21",
        "The epoch grows at every restart, change of layout and new creation of files; seq begins at 0.",
        "A new epoch is above the clock's, every epoch on disk and every one this process has had.",
      ),
      rule(
        "W-22",
        "UNMAPPED, MAPPED(E), UNMAPPED, or FALLBACK; another epoch, or one that goes back, unmaps and clears everything.",
        "`StreamMapping` has these states; what was under way is counted, and tracking begins afresh.",
      ),
      rule(
        "W-23",
        "Descriptors of another epoch, or while nothing is mapped, are not read.",
        "They count as `foreignEpoch` and `unmapped`; epochs are compared in all 64 bits.",
      ),
      rule(
        "W-24",
        "maxDims is 8, headerSlotBytes 256 and layoutVersion known, or shared memory is refused and the fallback used.",
        "The announce is refused with the rule and both numbers before any file is looked at.",
      ),
    ],
  },
  {
    title: "Region URIs and path containment",
    rules: [
      rule(
        "W-25",
        "Unknown schemes and parameters, repeated ones, relative and empty paths are rejected.",
        "One grammar, which round-trips; everything else is refused with the place that is wrong.",
      ),
      rule(
        "W-26",
        "Only a regular file whose real path lies within an allowed directory may be mapped.",
        "Allowed directories are resolved once; the path's real form is compared by whole components.",
      ),
      rule(
        "W-27",
        "The canonical path is opened without following links, and what was opened is checked again.",
        "Opened component by component with O_NOFOLLOW; device, inode, kind and length are compared on the descriptor.",
      ),
      rule(
        "W-28",
        "Where hugepages are required, they are verified, or the region is refused.",
        "The file system behind the descriptor has to be hugetlbfs, on both sides.",
      ),
      rule(
        "W-29",
        "Consumers map read-only and never create, truncate, unlink, scan or derive paths.",
        "Files are opened and mapped for reading, and only those that were announced.",
      ),
      rule(
        "W-30",
        "Regions lie in <namespace>/<instance id with the stream id>/epoch-<E>/, with rights for private or group use.",
        "`InstanceDirectory` makes and guards this layout; modes are set whatever the umask is.",
      ),
      rule(
        "W-31",
        "A refused region is refused with rule and value, and refuses the whole stream.",
        "`RegionError` carries both; what was mapped before is unmapped, and the next announce is tried.",
      ),
    ],
  },
  {
    title: "Streams on Aeron",
    rules: [
      rule(
        "W-32",
        "Small messages go by try_claim and commit, and each way to fail is distinguished and counted.",
        "`Publication` does so and counts by result; producers count each under a cause.",
      ),
      rule(
        "W-33",
        "Subscriptions assemble fragments; one of descriptors alone, polled in blocks, takes unfragmented messages only.",
        "`MessageSubscription` and `BlockSubscription` are these two; fragments on the latter are counted.",
      ),
      rule(
        "W-34",
        "Messages begin with the SBE header; groups and data have theirs; data above 2^30 bytes is malformed.",
        "The flyweights are generated from the schemas and agree with the reference encodings in both directions.",
      ),
      rule(
        "W-35",
        "Absent optional fields carry their null value, absent strings have length 0.",
        "Encoders write null into what was not set; decoders say whether a field is there.",
      ),
      rule(
        "W-36",
        "Unknown versions, wrong block lengths, lengths past the end and values outside of an enum are rejected and counted.",
        "`wrap` checks the whole message before anything is read; every refusal has a code and is counted as `messagesRefused`.",
      ),
    ],
  },
  {
    title: "Behaviour of the messages",
    rules: [
      rule(
        "W-37",
        "ShmPoolAnnounce is sent at cadence and on every change, with absolute URIs.",
        "The producer of a standalone stream announces once a second, at a new epoch, and to readers that say hello.",
      ),
      rule(
        "W-38",
        "ConsumerHello at start and at cadence; another consumer with the same id means another id.",
        "A QosConsumer with the same id from another Aeron session makes the consumer draw a new one and say hello again.",
      ),
      rule(
        "W-39",
        "A consumer obeys a ConsumerConfig addressed to it; fallbacks are Aeron channels or bridges.",
        "Mode, decimation, shared memory and fallback change while it runs; others are refused and counted as `configsRefused`.",
      ),
      rule(
        "W-40",
        "STREAM takes all, LATEST the newest at each poll, DECIMATED every Nth; a consumer holds to its own rate.",
        "`ModeFilter` decides; what it leaves out counts as `skipped`, which is no loss.",
      ),
      rule(
        "W-41",
        "FrameProgress only while a consumer reads it; STARTED, PROGRESS, COMPLETE, never backwards.",
        "`ProgressSender` refuses to go back or beyond the frame; readers count messages that do as `progressRefused`.",
      ),
      rule(
        "W-42",
        "Every 250 us or 65,536 bytes by default; the smallest wish wins, above the producer's floors.",
        "`ProgressThrottle` drops what comes too soon and sends the latest when the interval has passed.",
      ),
      rule(
        "W-43",
        "A progress reader touches the filled prefix, or whole rows, while the slot is being written as that frame.",
        "`ProgressReader` checks header and commit word first and shows no more than that; the header is written before the payload.",
      ),
      rule(
        "W-44",
        "QosConsumer and QosProducer at cadence; their counters never decrease within an epoch.",
        "Both are sent once a second and at every change of the mapping.",
      ),
      rule(
        "W-45",
        "metaVersion names the attributes of a frame; they are sent at cadence and on change.",
        "A changed set has the next version; consumers keep those that frames under way may name.",
      ),
      rule(
        "W-46",
        "The supervisor reads what all streams say, keeps liveness, and may send ConsumerConfig.",
        "It is a role of its own, takes descriptors and counters from outside instead of subscribing, and steers by rules or when told.",
      ),
      rule(
        "W-47",
        "Timestamps are CLOCK_MONOTONIC nanoseconds; descriptor and header agree; another clock is named.",
        "They are kept in full 64 bits; clock and meaning are attributes where they differ.",
      ),
      rule(
        "W-48",
        "Bridge and decimator read a frame as any consumer does, and keep its seq on a stream with an epoch and a layout of its own.",
        "A role that publishes another stream's frames is a consumer and a producer, whose claims pass over the seqs that it does not carry; an attribute names those that are left out on purpose.",
      ),
      rule(
        "W-49",
        "Heartbeat is optional; ControlResponse has its codes.",
        "A producer sends heartbeats when told to; the codes are those of the schema.",
      ),
    ],
  },
];

export const RULES: readonly Rule[] = CHAPTERS.flatMap(({ rules }) => rules);

/** Rules that no test can name, and why. */
export const WITHOUT_TEST: Readonly<Record<string, string>> = {};

export function rule(id: string, asks: string, does: string): Rule {
  return { id, asks, does };
}
