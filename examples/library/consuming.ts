// Three ways to read: compute a value from a frame in place, poll with a handler, iterate over copies.
import { type Frame, TensorPool, totalLost } from "tensorpool";

await using pool = await TensorPool.connect();
const producer = await pool.addProducer({ stream: 10_000, standalone: { slots: 16, strideBytes: 4096 } });
const consumer = await pool.addConsumer({ stream: 10_000, standalone: true });
while (!producer.hasReaders(1)) await Bun.sleep(1);
for (const value of [10, 20, 30, 40]) producer.offer(Uint8Array.of(value, value + 1), { dtype: "uint8", dims: [2] });

const add = ({ values }: Frame) => Number(values[0]) + Number(values[1]);
let sum = consumer.read(add);
while (!sum.ok && sum.cause === "none") {
  await Bun.sleep(1); // No frame has arrived yet.
  sum = consumer.read(add);
}
console.log(sum.ok ? `the sum is ${sum.value}` : `lost: ${sum.cause}`);

consumer.poll((frame) => console.log(`frame ${frame.seq}: ${frame.dtype}, ${frame.values.join(" and ")}`), {
  limit: 1,
  settled: (seq, isIntact) => console.log(`frame ${seq} was ${isIntact ? "intact" : "overwritten"}`),
});

for await (const frame of consumer.frames({ policy: "stream", depth: 8 })) {
  console.log(`a copy of frame ${frame.seq}: ${frame.values.join(" and ")}`);
  if (frame.seq === 3) break;
}
console.log(`accepted ${consumer.counters.of.accepted.value}, lost ${totalLost(consumer.counters)}`);

// Prints:
// the sum is 21
// frame 1: uint8, 20 and 21
// frame 1 was intact
// a copy of frame 2: 30 and 31
// a copy of frame 3: 40 and 41
// accepted 4, lost 0
