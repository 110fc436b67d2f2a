import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { LOG_METADATA } from "../../../ffi/aeron-structs.ts";
import { Random } from "../fuzz/random.ts";

// Writes arbitrary bytes into the terms of all logs of a media driver, at any moment: at random places, and where the next message of a
// publisher is due. It leaves the logs' pages of metadata alone. `spoiler.ts AERON_DIR SECONDS SEED`; prints how often it wrote.

const [aeronDir = "", seconds = "1", seed = "1"] = process.argv.slice(2);
const random = new Random(Number(seed));
const folder = join(aeronDir, "publications");
const MAX_BYTES = 4096;
const WRITES_A_TURN = 200;

interface Log {
  readonly fd: number;
  readonly termBytes: number;
  readonly metadataOffset: number;
}

function open(name: string): Log | null {
  let fd: number;
  try {
    fd = openSync(join(folder, name), "r+");
  } catch {
    // Its publisher has ended meanwhile.
    return null;
  }
  const metadataOffset = fstatSync(fd).size - LOG_METADATA.pageSize;
  const metadata = new DataView(new ArrayBuffer(LOG_METADATA.size));
  if (metadataOffset > 0) readSync(fd, metadata, 0, LOG_METADATA.size, metadataOffset);
  return { fd, termBytes: metadata.getInt32(LOG_METADATA.termLength, true), metadataOffset };
}

function tailOf({ fd, termBytes, metadataOffset }: Log): number {
  const metadata = new DataView(new ArrayBuffer(LOG_METADATA.activeTermCount + 4));
  readSync(fd, metadata, 0, metadata.byteLength, metadataOffset);
  const partition = Math.max(0, metadata.getInt32(LOG_METADATA.activeTermCount, true)) % LOG_METADATA.terms;
  return partition * termBytes + Math.min(termBytes, metadata.getUint32(partition * 8, true));
}

function bytes(): Uint8Array {
  const length = 8 + random.below(random.oneIn(20) ? MAX_BYTES - 8 : 120);
  const view = new DataView(new ArrayBuffer(length));
  for (let at = 0; at + 4 <= length; at += 4) view.setInt32(at, random.bits() | 0, true);
  // What a reader looks at first: a length, then version, flags and type.
  if (random.oneIn(4)) return new Uint8Array(view.buffer);
  const lengths = [
    0,
    1,
    31,
    32,
    64,
    96,
    1408,
    65_536,
    0x0010_0000,
    0x7fff_ffe0,
    0x7fff_ffff,
    -1,
    -32,
    32 * random.below(4096),
  ];
  view.setInt32(0, random.of(lengths), true);
  view.setInt32(
    4,
    (random.of([0, 1, 1, 1, 7]) << 16) | (random.of([0xc0, 0x80, 0x40, 0x00, random.below(256)]) << 8),
    true,
  );
  return new Uint8Array(view.buffer);
}

const endMs = performance.now() + Number(seconds) * 1000;
let writes = 0;
while (performance.now() < endMs) {
  const logs = readdirSync(folder).flatMap((name) => open(name) ?? []);
  for (let i = 0; i < WRITES_A_TURN; i++) {
    const log = random.of(logs);
    if (log === undefined || log.termBytes <= 0) continue;
    const end = log.termBytes * LOG_METADATA.terms;
    const at = random.oneIn(2) ? 32 * random.below(end / 32) + (random.oneIn(8) ? random.below(32) : 0) : tailOf(log);
    const piece = bytes();
    if (at < end) writeSync(log.fd, piece, 0, Math.min(piece.length, end - at), at);
    writes++;
  }
  for (const { fd } of logs) closeSync(fd);
  await Bun.sleep(1);
}
console.error(`wrote ${writes} times`);
