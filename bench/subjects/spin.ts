// Reads the clock over and over and prints the longest time between two readings: spin.ts <seconds>
const [secondsText = ""] = process.argv.slice(2);
const HOLD_UP_NS = 20_000;
const durationNs = Number(secondsText) * 1e9;

let longestNs = 0;
let lostNs = 0;

function spin(forNs: number): void {
  longestNs = 0;
  lostNs = 0;
  let lastNs = Bun.nanoseconds();
  for (const endNs = lastNs + forNs; lastNs < endNs; ) {
    const nowNs = Bun.nanoseconds();
    const gapNs = nowNs - lastNs;
    if (gapNs > longestNs) longestNs = gapNs;
    if (gapNs > HOLD_UP_NS) lostNs += gapNs;
    lastNs = nowNs;
  }
}

// The compiler holds the loop up as well until it is done with it.
spin(0.3e9);
spin(durationNs);
process.stdout.write(`${JSON.stringify({ longestNs, lostShare: lostNs / durationNs })}\n`);
