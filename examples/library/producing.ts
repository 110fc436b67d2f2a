// Three ways to publish: fill a slot in place, copy an array, give a claimed slot up.
import { TensorPool, textAttribute } from "tensorpool";

await using pool = await TensorPool.connect();
const producer = await pool.addProducer({
  stream: 10_000,
  standalone: { slots: 16, strideBytes: 1 << 20 },
  attributes: [textAttribute("unit", "counts")],
});
await pool.addConsumer({ stream: 10_000, standalone: true });
while (!producer.hasReaders(1)) await Bun.sleep(1);

const slot = producer.tryClaim(2 * 480 * 640);
slot?.values("uint16").fill(7);
slot?.commit({ dtype: "uint16", dims: [480, 640] });

console.log(producer.offer(new Uint8Array(480 * 640), { dtype: "uint8", dims: [480, 640] }));

producer.tryClaim(1000)?.abort();

if (producer.tryClaim(2 << 20) === null) console.log(`2 MiB refused: ${producer.lastRefusal}`);
const { published, aborted } = producer.counters.of;
console.log(`published ${published.value}, aborted ${aborted.value}`);

// Prints:
// published
// 2 MiB refused: no-pool
// published 2, aborted 1
