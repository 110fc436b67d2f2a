import { linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { Frame } from "../../../src/roles/frame.ts";
import { FrameReader } from "../../../src/roles/frame-reader.ts";
import { AllowedBaseDirs, MappedStream, type PoolAnnouncement, RegionError } from "../../../src/shm/index.ts";
import { headerRingIdentity, payloadPoolIdentity } from "../../../src/shm/superblock.ts";
import { announceOf, createSmallStream, STREAM_ID, TemporaryDirectory, writeRegion } from "../../support/shm.ts";
import { changeBytes } from "./mutations.ts";
import { Random } from "./random.ts";
import { type Counts, check, count } from "./tally.ts";

const CASES_PER_COLLECTION = 500;
/** The part of a superblock that says which region it is (W-07); the rest is informational. */
const IDENTITY_BYTES = 40;
const EPOCH = 5n;
const RING_IDENTITY = headerRingIdentity(STREAM_ID, EPOCH, 8);
const POOL_IDENTITY = payloadPoolIdentity(STREAM_ID, EPOCH, 8, 1, 4096);
const REGION_BYTES = { ring: 64 + 8 * 256, pool: 64 + 8 * 4096 };

/** The refusal of an announce, as "code W-nn"; "mapped" when it was mapped, after `use`. Anything else that is thrown is a fault. */
function outcomeOf(announce: PoolAnnouncement, baseDirs: AllowedBaseDirs, use: (stream: MappedStream) => void): string {
  let stream: MappedStream;
  try {
    stream = MappedStream.map(announce, baseDirs);
  } catch (error) {
    check(error instanceof RegionError, () => `expected a RegionError, found ${String(error)}`);
    check(/^[WD]-\d\d$/.test(error.rule ?? ""), () => `refused without a rule: ${error.message}`);
    return `${error.code} ${error.rule}`;
  }
  try {
    use(stream);
  } finally {
    stream.close();
  }
  return "mapped";
}

/** Changed superblocks below files that are otherwise right: mapped only when nothing of the identity differs. */
export class SuperblockCases {
  readonly counts: Counts = {};
  readonly #directory = new TemporaryDirectory();
  readonly #regions = createSmallStream(this.#directory);
  readonly #announce = announceOf(this.#regions);
  readonly #baseDirs = AllowedBaseDirs.resolve([this.#directory.path]);
  readonly #blocks = [this.#regions.headerRing, this.#regions.pools[0]!].map(({ mapping }) => {
    const bytes = new Uint8Array(mapping.window(0, 64));
    return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, 64), original: bytes.slice() };
  });
  #cases = 0;

  run(seed: number): void {
    const random = new Random(seed);
    const { bytes, view, original } = random.of(this.#blocks);
    try {
      for (let changes = random.below(3); changes > 0; changes--) {
        if (random.oneIn(8)) bytes.copyWithin(random.below(64), random.below(64), random.below(64));
        else changeBytes(random, bytes, view, 64);
      }
      const isSame = bytes.subarray(0, IDENTITY_BYTES).every((byte, i) => byte === original[i]);
      const outcome = outcomeOf(this.#announce, this.#baseDirs, (stream) => {
        stream.recheck();
        // A change after the mapping shows at the next announce.
        const at = random.below(48);
        bytes[at] = (bytes[at] as number) ^ 0x10;
        const again = refusalOf(() => stream.recheck());
        check(again === (at < IDENTITY_BYTES ? "W-07" : "W-08"), () => `byte ${at} changed: ${again}`);
        count(this.counts, `later ${again}`);
      });
      count(this.counts, outcome);
      const expected = isSame ? "mapped" : "superblock-mismatch W-07";
      check(outcome === expected, () => `expected ${expected}, found ${outcome}`);
    } finally {
      bytes.set(original);
    }
    this.#cases++;
    if (this.#cases % CASES_PER_COLLECTION === 0) Bun.gc(true);
  }

  close(): void {
    this.#regions.close();
    this.#directory[Symbol.dispose]();
  }
}

/** Changed region files and announces: of other lengths, of other kinds, behind links, full of noise. */
export class RegionFileCases {
  readonly counts: Counts = {};
  readonly #directory = new TemporaryDirectory();
  readonly #baseDirs = AllowedBaseDirs.resolve([this.#directory.at("base")]);
  readonly #frame = new Frame(
    () => 0,
    () => [],
  );
  #cases = 0;

  constructor() {
    mkdirSync(this.#directory.at("base"));
    if (Bun.spawnSync(["mkfifo", this.#directory.at("fifo")]).exitCode !== 0) throw new Error("mkfifo failed");
  }

  run(seed: number): void {
    const random = new Random(seed);
    const folder = this.#directory.at("base", "epoch");
    const ring = `${folder}/header.ring`;
    const pool = `${folder}/payload-1.pool`;
    writeRegion(ring, RING_IDENTITY);
    writeRegion(pool, POOL_IDENTITY);
    const announce = this.#announceOf(random, ring, pool);
    const kind = random.below(10);
    const victim = random.oneIn(2) ? ring : pool;
    const needed = victim === ring ? REGION_BYTES.ring : REGION_BYTES.pool;
    let expected: RegExp | null = null;
    try {
      expected = this.#spoil(random, kind, victim, needed);
      const outcome = outcomeOf(announce.announce, this.#baseDirs, (stream) => this.#readAll(stream));
      count(this.counts, outcome);
      if (!announce.isChanged && expected !== null) {
        check(expected.test(outcome), () => `kind ${kind}: expected ${expected}, found ${outcome}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
      rmSync(this.#directory.at("outside"), { force: true });
    }
    this.#cases++;
    if (this.#cases % CASES_PER_COLLECTION === 0) Bun.gc(true);
  }

  close(): void {
    this.#directory[Symbol.dispose]();
  }

  /** Changes one of the files; returns what has to come of it, or null when that depends. */
  #spoil(random: Random, kind: number, victim: string, needed: number): RegExp | null {
    switch (kind) {
      case 0:
        truncateSync(victim, random.below(needed));
        return /^file-too-short W-27$/;
      case 1:
        truncateSync(victim, statSync(victim).size + random.below(100_000));
        return /^mapped$/;
      case 2:
        rmSync(victim);
        mkdirSync(victim);
        return /^not-a-regular-file W-26$/;
      case 3:
        rmSync(victim);
        if (random.oneIn(2)) return /^region-gone D-19$/;
        linkSync(this.#directory.at("fifo"), victim);
        return /^not-a-regular-file W-26$/;
      case 4: {
        // A link out of the allowed directory, to a file that is right, or to a device.
        const outside = this.#directory.at("outside");
        const target = random.oneIn(2) ? outside : "/dev/zero";
        if (target === outside) writeRegion(outside, RING_IDENTITY);
        rmSync(victim);
        symlinkSync(target, victim);
        return /^path-not-allowed W-26$/;
      }
      case 5:
        rmSync(victim);
        symlinkSync(random.oneIn(2) ? victim : `${victim}.gone`, victim);
        return /^(path-not-allowed|region-gone|path-changed|not-a-regular-file|not-mappable) /;
      case 6: {
        const noise = new Uint8Array(needed);
        for (let i = 0; i < 64; i++) noise[i] = random.bits();
        writeFileSync(victim, noise);
        return /^superblock-mismatch W-07$/;
      }
      case 7: {
        // Slots full of noise below a superblock that is right.
        const bytes = new Uint8Array(needed - 64);
        for (let i = 0; i < bytes.length; i += 1 + random.below(8)) bytes[i] = random.bits();
        this.#writeAfterSuperblock(victim, bytes);
        return /^mapped$/;
      }
      default:
        return /^mapped$/;
    }
  }

  #writeAfterSuperblock(path: string, bytes: Uint8Array): void {
    const file = new Uint8Array(64 + bytes.length);
    file.set(readFileSync(path).subarray(0, 64));
    file.set(bytes, 64);
    writeFileSync(path, file);
  }

  /** Looks at every slot and at every payload byte, as far as the files reach. */
  #readAll(stream: MappedStream): void {
    const reader = new FrameReader(stream);
    for (let seq = 0; seq < 16; seq++) {
      const cause = reader.begin(this.#frame, seq);
      count(this.counts, `slot: ${cause ?? "accepted"}`);
      if (cause === null) {
        check(this.#frame.bytes.length <= 4096, () => `${this.#frame.bytes.length} bytes of a slot of 4096`);
        reader.end(this.#frame);
      }
      reader.beginPartial(this.#frame, seq, seq % 8, 4096, null);
    }
    for (const { mapping } of stream.pools) {
      const bytes = new Uint8Array(mapping.window(64, 8 * 4096));
      let sum = 0;
      for (let i = 0; i < bytes.length; i += 512) sum += bytes[i] as number;
      check(Number.isFinite(sum), () => "a sum that is none");
    }
  }

  /** The right announce, or one whose numbers or URIs differ from what the files say. */
  #announceOf(random: Random, ring: string, pool: string): { announce: PoolAnnouncement; isChanged: boolean } {
    const right: PoolAnnouncement = {
      streamId: STREAM_ID,
      producerId: 7,
      epoch: EPOCH,
      layoutVersion: 1,
      headerNslots: 8,
      headerSlotBytes: 256,
      maxDims: 8,
      pools: [{ poolId: 1, poolNslots: 8, strideBytes: 4096, regionUri: `shm:file?path=${pool}` }],
      headerRegionUri: `shm:file?path=${ring}`,
    };
    if (!random.oneIn(3)) return { announce: right, isChanged: false };
    const number = random.of([0, 1, 2, 4, 16, 32, 4095, 4096, 8192, 65_536, 2 ** 22, 2 ** 31, 0xffff_ffff]);
    const poolOf = (change: object): Partial<PoolAnnouncement> => ({ pools: [{ ...right.pools[0]!, ...change }] });
    const change = random.of<Partial<PoolAnnouncement>>([
      { headerNslots: number },
      { epoch: BigInt(number) },
      { layoutVersion: number },
      { maxDims: number & 255 },
      { headerSlotBytes: number & 0xffff },
      { headerNslots: number, ...poolOf({ poolNslots: number }) },
      poolOf({ strideBytes: number }),
      poolOf({ poolId: number & 0xffff }),
      poolOf({ regionUri: this.#changedUri(random, right.pools[0]!.regionUri) }),
      { headerRegionUri: this.#changedUri(random, right.headerRegionUri) },
      { pools: [] },
      { pools: [right.pools[0]!, right.pools[0]!] },
    ]);
    return { announce: { ...right, ...change }, isChanged: true };
  }

  #changedUri(random: Random, uri: string): string {
    const piece = random.of([
      "..",
      "/",
      "//",
      "/./",
      "|",
      "?",
      " ",
      "%2e",
      "\0",
      "é",
      "|require_hugepages=true",
      "shm:",
    ]);
    const at = random.below(uri.length + 1);
    return uri.slice(0, at) + piece + uri.slice(at + (random.oneIn(2) ? piece.length : 0));
  }
}

function refusalOf(action: () => void): string {
  try {
    action();
    return "nothing";
  } catch (error) {
    check(error instanceof RegionError, () => `expected a RegionError, found ${String(error)}`);
    return error.rule ?? "no rule";
  }
}
