// Records five frames of a stream to a file.
import { TensorPool } from "tensorpool";

await using pool = await TensorPool.connect();
const producer = await pool.addProducer({
  stream: 10_000,
  name: "camera-1",
  standalone: { slots: 16, strideBytes: 4096 },
});
const recorder = await pool.addRecorder({ streams: [10_000], to: "session.mcap", count: 5, standalone: true });
while (!producer.hasReaders(1)) await Bun.sleep(1);

for (let value = 0; value < 5; value++) producer.offer(Uint8Array.of(value), { dtype: "uint8", dims: [1] });
await recorder.ended;
await recorder.close();
for (const { name, counters } of recorder.streams)
  console.log(`${name}: ${counters.of.recorded.value} frames recorded`);
console.log(`missing by cause: ${JSON.stringify(recorder.missing)}`);

// Prints:
// camera-1: 5 frames recorded
// missing by cause: {}
