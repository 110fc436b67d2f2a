// The Bun consumer of the comparison in `npm run bench -- python`: copies each frame, and prints frames per second.
import { defineSink, type ModuleContext } from "tensorpool";

export function sink({ options }: ModuleContext) {
  const seconds = Number(options.seconds ?? 2);
  let copy = new Uint8Array(0);
  let [count, beginNs] = [0, 0];
  return defineSink({
    frame({ bytes }) {
      if (copy.length !== bytes.length) copy = new Uint8Array(bytes.length);
      copy.set(bytes);
      const nowNs = Bun.nanoseconds();
      if (beginNs === 0) beginNs = nowNs;
      else count++;
      if (nowNs - beginNs < seconds * 1e9) return;
      console.log(count / ((nowNs - beginNs) / 1e9));
      beginNs = Number.POSITIVE_INFINITY;
    },
  });
}
