/** `bun io-cat.ts SOURCE SINK`: frames from a source to a sink through memory, as two roles would; a summary on stderr. */
import { openSink, openSource } from "../../src/io/index.ts";
import { pinned, sinkFrame, turn } from "./io-frames.ts";

const [sourceSpec = "", sinkSpec = "", ...flags] = process.argv.slice(2);
const options = Object.fromEntries(flags.map((flag) => flag.split("=") as [string, string]));
const source = await openSource(sourceSpec, options);
const sink = await openSink(sinkSpec, options);
process.stderr.write(`${source.description}\n`);
let target = pinned(0);
let maximumWorkNs = 0;
for (let seq = 0; !sink.closedByReader; ) {
  const startNs = Bun.nanoseconds();
  sink.doWork(startNs);
  maximumWorkNs = Math.max(maximumWorkNs, Bun.nanoseconds() - startNs);
  if (!sink.hasRoom) {
    await turn();
    continue;
  }
  const state = source.poll(startNs);
  if (state === "end") break;
  if (state === "idle") {
    await turn();
    continue;
  }
  const { layout, attributes } = source;
  if (target.length !== layout.byteLength) target = pinned(layout.byteLength);
  while (source.fill(target, startNs) === "more") await turn();
  sink.accept(sinkFrame(layout, target, { seq: seq++, attributes }));
  sink.settle(true);
}
while (!sink.drained) {
  sink.doWork(0);
  await turn();
}
source.close();
await sink.close();
process.stderr.write(`${sink.summary().join("\n")}\nlongest doWork ${maximumWorkNs} ns\n`);
process.exit(0);
