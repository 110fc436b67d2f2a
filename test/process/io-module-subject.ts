/** `io-module-subject.ts SOURCE SINK`: frames from a source to a sink, with this library under its name for user modules. */
import { defineSink, defineSource, openSink, openSource, provideModuleLibrary } from "../../src/io/index.ts";

provideModuleLibrary(async () => ({ defineSink, defineSource, from: "the process" }));
try {
  const source = await openSource(process.argv[2] ?? "");
  const sink = await openSink(process.argv[3] ?? "");
  const bytes = new Uint8Array(new ArrayBuffer(source.maxByteLength));
  for (let seq = 0; !sink.closedByReader && source.poll(0) === "ready"; seq++) {
    while (source.fill(bytes, 0) === "more") await Bun.sleep(0);
    sink.accept({ ...source.layout, seq, timestampNs: 0n, ageNs: 0, metaVersion: 0, attributes: [], bytes });
    sink.settle(true);
    sink.doWork(0);
  }
  source.close();
  await sink.close();
  process.stdout.write(`${sink.summary().join("\n")}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
