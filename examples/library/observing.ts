// What `tensorpool ls` and `info` show, in a program: of any process on the host, from its counters.
import { describeDeployment, TensorPool } from "tensorpool";

await using pool = await TensorPool.connect();
const layout = { slots: 16, strideBytes: 65_536 };
await using _driver = await pool.addDriver({ streams: [{ stream: 10_000, name: "camera-1", ...layout }] });
await using producer = await pool.addProducer({ stream: 10_000 });
await using _consumer = await pool.addConsumer({ stream: 10_000 });
while (!producer.hasReaders(1)) await Bun.sleep(1);

let { streams, leases } = await describeDeployment();
while (streams[0]?.consumers.length !== 1) ({ streams, leases } = await describeDeployment());
const camera = streams.find(({ name }) => name === "camera-1");
console.log(`stream ${camera?.streamId}: producer ${camera?.producer?.state}, ${camera?.consumers.length} consumer`);
console.log(`${leases.length} leases, ${camera?.lost} frames lost`);

// Prints:
// stream 10000: producer alive, 1 consumer
// 2 leases, 0 frames lost
