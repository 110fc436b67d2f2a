// A driver, a producer and a consumer in one process. In production each of them is a process of its own.
import { TensorPool } from "tensorpool";

await using pool = await TensorPool.connect();
const layout = { slots: 16, strideBytes: [65_536, 1 << 20] };
const driver = await pool.addDriver({ streams: [{ stream: 10_000, name: "camera-1", ...layout }] });
const producer = await pool.addProducer({ stream: 10_000 });
const consumer = await pool.addConsumer({ stream: 10_000 });
while (!producer.hasReaders(1)) await Bun.sleep(1);
console.log(`${driver.leaseCount} leases, frames of up to ${producer.maxByteLength} bytes`);

await consumer.close();
while (driver.leaseCount > 1) await Bun.sleep(1);
console.log(`${driver.leaseCount} lease after the consumer has closed`);

// Prints:
// 2 leases, frames of up to 1048576 bytes
// 1 lease after the consumer has closed
