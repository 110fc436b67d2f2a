/** A reader at full rate against the writer: of slots near the head, or of frames through a consumer and Aeron. Prints its counts. */
import { TensorPool } from "../../../src/index.ts";
import { Frame } from "../../../src/roles/frame.ts";
import { FrameReader } from "../../../src/roles/frame-reader.ts";
import { HeaderRing } from "../../../src/shm/header-ring.ts";
import { AllowedBaseDirs, MappedStream, type PoolAnnouncement } from "../../../src/shm/index.ts";
import { argumentOf, tell, turn, watchForEnd } from "../support/subject.ts";
import { isHeaderOf, isPayloadOf, NSLOTS, SlotWords, STREAM_ID } from "./frame-of-seq.ts";

export interface ReaderArgument {
  readonly path: "slots" | "aeron";
  readonly shmDir: string;
  readonly aeronDir: string;
  readonly payloadBytes: number;
  /** Attempts to read a slot. */
  readonly reads: number;
  /** The end, whether they were reached or not. */
  readonly limitMs: number;
  /** As the writer announced them; of the path "slots" only. */
  readonly announce: (Omit<PoolAnnouncement, "epoch"> & { readonly epoch: string }) | null;
}

/** What became of the reads. */
export interface ReaderCounts {
  reads: number;
  accepted: number;
  /** By cause. */
  refused: Record<string, number>;
  /** Accepted although header or payload were not those of the frame: must not be. */
  acceptedTorn: number;
  /** Refused by the last look at the commit word, and header or payload were indeed not those of the frame. */
  refusedTorn: number;
  seconds: number;
}

/** Without a frame to read, the writer and the media driver get the CPUs for a moment. */
const PAUSE_MS = 0.02;

const argument = argumentOf<ReaderArgument>();
const { payloadBytes, limitMs } = argument;
const end = watchForEnd();
const words = new SlotWords();
const counts: ReaderCounts = { reads: 0, accepted: 0, refused: {}, acceptedTorn: 0, refusedTorn: 0, seconds: 0 };
let startNs = Bun.nanoseconds();
await (argument.path === "slots" ? readSlots() : readFrames());
counts.seconds = (Bun.nanoseconds() - startNs) / 1e9;
tell(counts);
process.exit(0);

function isOver(): boolean {
  return end.isOver || counts.reads >= argument.reads || Bun.nanoseconds() - startNs > limitMs * 1e6;
}

async function readSlots(): Promise<void> {
  const { announce, shmDir } = argument;
  if (announce === null) throw new Error("expected the writer's announce");
  using stream = MappedStream.map({ ...announce, epoch: BigInt(announce.epoch) }, AllowedBaseDirs.resolve([shmDir]));
  const ring = new HeaderRing(stream.headerRing.mapping, NSLOTS);
  const reader = new FrameReader(stream);
  const frame = new Frame(
    () => 0,
    () => [],
  );
  // Slots that were never written hold no frame to ask for.
  while (ring.loadCommitWord(NSLOTS - 1) < NSLOTS * 2 && !isOver()) await turn();
  for (let round = 0; !isOver(); round++) {
    if (round % 64 === 0) await turn();
    for (let i = 0; i < 512; i++) {
      // What is in a slot now; and, once in a while, what was in it before and what will be.
      const seq = Math.floor(ring.loadCommitWord(i % NSLOTS) / 2);
      readSlot(reader, frame, seq);
      if (i % 32 === 0) readSlot(reader, frame, seq - NSLOTS < 0 ? seq : seq - NSLOTS);
      else if (i % 32 === 16) readSlot(reader, frame, seq + NSLOTS);
      if (payloadBytes > 100_000 && i % 64 === 0 && isOver()) return;
    }
  }
}

function readSlot(reader: FrameReader, frame: Frame, seq: number): void {
  counts.reads++;
  const cause = reader.begin(frame, seq);
  if (cause !== null) {
    counts.refused[cause] = (counts.refused[cause] ?? 0) + 1;
    return;
  }
  const matches =
    isPayloadOf(words.of(frame.index, frame.bytes), seq) && isHeaderOf(frame.header, seq, payloadBytes, true);
  settle(reader.end(frame), matches);
}

function settle(isIntact: boolean, matches: boolean): void {
  if (isIntact) {
    counts.accepted++;
    if (!matches) counts.acceptedTorn++;
  } else {
    counts.refused["changed"] = (counts.refused["changed"] ?? 0) + 1;
    if (!matches) counts.refusedTorn++;
  }
}

async function readFrames(): Promise<void> {
  const { aeronDir, shmDir } = argument;
  await using tensorPool = await TensorPool.connect({ aeronDir, shmDir, drive: "manual", mediaDriver: "external" });
  const consumer = await tensorPool.addConsumer({ stream: STREAM_ID, standalone: true });
  startNs = Bun.nanoseconds();
  let matches = false;
  const options = { settled: (_seq: number, isIntact: boolean) => settle(isIntact, matches) };
  const { of } = consumer.counters;
  const late = ["odd", "identity", "overwritten"] as const;
  for (let cycle = 0; !isOver(); cycle++) {
    if (cycle % 256 === 0) await turn();
    tensorPool.doWork();
    const handled = consumer.poll((frame) => {
      const { seq } = frame;
      matches =
        isPayloadOf(words.of(frame.index, frame.bytes), seq) &&
        isHeaderOf((frame as Frame).header, seq, payloadBytes, false);
    }, options);
    if (handled === 0) Bun.sleepSync(PAUSE_MS);
    counts.reads = counts.accepted + (counts.refused["changed"] ?? 0);
    for (const cause of late) counts.reads += of[cause].value;
  }
  for (const cause of late) {
    const { value } = of[cause];
    if (value > 0) counts.refused[cause] = value;
  }
}
