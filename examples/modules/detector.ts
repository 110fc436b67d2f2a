// A detector as a sink: finds bright spots in pictures and prints a line of JSON to standard output for each frame that has some.
// `tensorpool consumer --mode latest --sink module:examples/modules/detector.ts,threshold=200`.
import { defineSink, type ModuleContext } from "tensorpool";

export function sink({ options }: ModuleContext) {
  const threshold = Number(options.threshold ?? 200);
  let [count, sumX, sumY] = [0, 0, 0];
  let found = 0;
  return defineSink({
    frame({ values, dims }) {
      const width = dims[1] ?? 1;
      count = sumX = sumY = 0;
      for (let i = 0; i < values.length; i++) {
        if (Number(values[i]) < threshold) continue;
        count++;
        sumX += i % width;
        sumY += Math.floor(i / width);
      }
    },
    // The result counts only if the frame was not overwritten meanwhile.
    settled(seq, isIntact) {
      if (!isIntact || count === 0) return;
      found++;
      const spot = { seq, pixels: count, x: Math.round(sumX / count), y: Math.round(sumY / count) };
      process.stdout.write(`${JSON.stringify(spot)}\n`);
    },
    summary: () => [`${found} frames had bright spots`],
  });
}
