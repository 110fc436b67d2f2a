// A producer: a moving ramp, filled in place, 100 frames per second. Run it together with consumer.ts; stop it with Ctrl-C.
import { TensorPool } from "tensorpool";

await using pool = await TensorPool.connect();
const producer = await pool.addProducer({
  stream: 10_000,
  name: "example",
  standalone: { slots: 64, strideBytes: 1024 * 1024 },
});

const shape = { dtype: "uint16", dims: [480, 640] } as const;
const until = AbortSignal.timeout(Number(process.argv[2] ?? 60) * 1000);
for (let n = 0; !until.aborted; n++) {
  using slot = producer.tryClaim(2 * 480 * 640);
  if (slot !== null) {
    slot.values("uint16").fill(n & 0xffff);
    slot.commit(shape);
  }
  await Bun.sleep(10);
}
process.stdout.write(`published ${producer.counters.of.published.value} frames\n`);
