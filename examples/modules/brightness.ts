// A sink that reads frames in place: `tensorpool consumer --sink module:examples/modules/brightness.ts`.
import { defineSink } from "tensorpool";

let [mean, brightest] = [0, 0];
export const sink = defineSink({
  frame({ values }) {
    let sum = 0;
    for (const value of values) sum += Number(value);
    mean = sum / values.length;
  },
  settled(_seq, isIntact) {
    if (isIntact) brightest = Math.max(brightest, mean);
  },
  summary: () => [`the brightest frame had a mean of ${brightest.toFixed(1)}`],
});
