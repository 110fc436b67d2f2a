// Keeps the last seconds of a stream in memory, and writes them to a new file when a frame is too bright. Run it together with
// producer.ts:
//
//   bun examples/recorder.ts flights/ [threshold]
import { openRecording, TensorPool } from "tensorpool";

const [folder = "flights/", threshold = "100"] = process.argv.slice(2);

await using pool = await TensorPool.connect();
const consumer = await pool.addConsumer({ stream: 10_000, standalone: true, mode: "latest" });
const recorder = await pool.addRecorder({
  streams: [10_000],
  to: folder,
  standalone: true,
  flight: { beforeMs: 10_000, afterMs: 200 },
});

for (;;) {
  await Bun.sleep(5);
  const first = consumer.read(({ values }) => Number(values[0]));
  if (first.ok && first.value > Number(threshold)) break;
}
recorder.trigger(`a value above ${threshold}`);
process.stdout.write(`${(recorder.heldMs / 1000).toFixed(1)} s before the trigger were kept\n`);

let path = recorder.path;
while (recorder.state !== "waiting") {
  await Bun.sleep(5);
  path = recorder.path ?? path;
}
await recorder.close();
await using recording = await openRecording(path ?? folder);
const frames = [...recording.frames("example")];
process.stdout.write(`${path} has ${frames.length} frames, the newest ${frames.at(-1)?.seq}\n`);
