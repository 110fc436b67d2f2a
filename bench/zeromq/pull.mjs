// Receives messages and prints how many came per second: `node pull.mjs ipc:///path <warm-up ms> <measured ms>`.
import { Pull } from "zeromq";

const [address = "", warmUpMs = "", measuredMs = ""] = process.argv.slice(2);
// Should whoever started this be gone, it ends all the same.
const LONGEST_MS = 60_000;
setTimeout(() => process.exit(1), LONGEST_MS);

const socket = new Pull();
socket.connect(address);

let frames = 0;
let beginMs = 0;
let framesBefore = 0;
for await (const [message] of socket) {
  if (message === undefined || message.length !== 64) throw new Error(`expected 64 bytes, found ${message?.length}`);
  frames++;
  // The clock is read once in a while only: it would cost as much as a message.
  if (frames % 256 !== 0) continue;
  const nowMs = performance.now();
  if (beginMs === 0) beginMs = nowMs;
  if (nowMs - beginMs < Number(warmUpMs)) continue;
  if (framesBefore === 0) {
    framesBefore = frames;
    beginMs = nowMs - Number(warmUpMs);
  }
  const measuredSoFarMs = nowMs - beginMs - Number(warmUpMs);
  if (measuredSoFarMs < Number(measuredMs)) continue;
  process.stdout.write(`${JSON.stringify({ framesPerSecond: ((frames - framesBefore) * 1000) / measuredSoFarMs })}\n`);
  process.exit(0);
}
