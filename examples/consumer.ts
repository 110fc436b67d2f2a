// A consumer: reads frames in place and prints its result if the frame was intact. Run it together with producer.ts.
import { TensorPool, totalLost } from "tensorpool";

await using pool = await TensorPool.connect();
const consumer = await pool.addConsumer({ stream: 10_000, standalone: true });

const until = AbortSignal.timeout(Number(process.argv[2] ?? 60) * 1000);
let means = 0;
while (!until.aborted) {
  const mean = consumer.read(({ values, dims }) => {
    let sum = 0;
    for (const value of values) sum += Number(value);
    return { dims, mean: sum / values.length };
  });
  if (mean.ok && means++ % 50 === 0) process.stdout.write(`${mean.value.dims.join("x")} mean ${mean.value.mean}\n`);
  await Bun.sleep(mean.ok ? 0 : 1);
}
process.stdout.write(`accepted ${consumer.counters.of.accepted.value} frames, lost ${totalLost(consumer.counters)}\n`);
