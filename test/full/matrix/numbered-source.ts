// Frames that say which they are: the run and the frame's number, over and over. `checking-sink.ts` reads them.
import { defineSource } from "tensorpool";

/** So that frames of another run of the producer are no repetitions. */
const run = crypto.getRandomValues(new Uint32Array(1))[0] as number;

export const source = defineSource({
  layout: { dtype: "uint32", dims: [64, 16] },
  fill(values, { n }) {
    for (let i = 0; i < values.length; i += 2) {
      values[i] = run;
      values[i + 1] = n;
    }
  },
});
