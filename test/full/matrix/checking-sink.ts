// Says on standard error when a frame is delivered torn, twice or out of order: frames as `numbered-source.ts` fills them.
import { defineSink } from "tensorpool";

/** The newest number that came of each run. */
const newest = new Map<number, number>();
let [run, number] = [0, 0];
let isWhole = true;

export const sink = defineSink({
  frame({ values }) {
    [run, number] = [Number(values[0]), Number(values[1])];
    isWhole = true;
    for (let i = 0; i < values.length; i += 2) if (values[i] !== run || values[i + 1] !== number) isWhole = false;
  },
  settled(seq, isIntact) {
    if (!isIntact) return;
    if (!isWhole) console.error(`delivered torn: frame ${seq}`);
    const last = newest.get(run) ?? -1;
    if (number <= last) console.error(`delivered twice: frame ${seq} is number ${number}, after ${last}`);
    newest.set(run, Math.max(last, number));
  },
});
