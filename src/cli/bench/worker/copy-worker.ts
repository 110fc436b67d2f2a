import { libc, MAP, mapMemory, PROT, unmapMemory } from "../../../../ffi/libc.ts";
import type { CopyJob } from "./jobs.ts";

/** Size of the target of "out": it stays in the cache, as it does for a reader of every byte. */
const CHUNK_BYTES = 256 * 1024;
const WARM_UP_NS = 0.3e9;

/** Only copies blocks into a ring or out of one; returns bytes per second. */
export function copy({ direction, blockBytes, blocks, seconds }: CopyJob): number {
  const ringBytes = blockBytes * blocks;
  const map = (byteLength: number): number =>
    mapMemory(0, byteLength, PROT.READ | PROT.WRITE, MAP.SHARED | MAP.ANONYMOUS | MAP.POPULATE, -1);
  const ring = map(ringBytes);
  const other = map(blockBytes);
  let blocksDone = 0;
  const run = (forNs: number): number => {
    const beginNs = Bun.nanoseconds();
    const endNs = beginNs + forNs;
    let nowNs = beginNs;
    for (blocksDone = 0; nowNs < endNs; blocksDone++) {
      const at = ring + (blocksDone % blocks) * blockBytes;
      if (direction === "in") libc.memcpy(at, other, blockBytes);
      else copyOut(at, other, blockBytes);
      nowNs = Bun.nanoseconds();
    }
    return (blocksDone * blockBytes * 1e9) / (nowNs - beginNs);
  };
  run(WARM_UP_NS);
  const bytesPerSecond = run(seconds * 1e9);
  unmapMemory(ring, ringBytes);
  unmapMemory(other, blockBytes);
  return bytesPerSecond;
}

function copyOut(from: number, to: number, byteLength: number): void {
  for (let at = 0; at < byteLength; at += CHUNK_BYTES) {
    libc.memcpy(to, from + at, Math.min(CHUNK_BYTES, byteLength - at));
  }
}
