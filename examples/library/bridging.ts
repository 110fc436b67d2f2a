// Every second frame of a stream to another host. Both ends are in one process here, connected over the loopback interface.
import { TensorPool } from "tensorpool";

const [address = "127.0.0.1:4400"] = process.argv.slice(2);
await using pool = await TensorPool.connect();

// There:
const routes = [{ stream: 10_001, to: 10_002 }];
const receiver = await pool.addBridgeReceiver({ from: address, routes, standalone: {} });
const consumer = await pool.addConsumer({ stream: 10_002, standalone: true });

// Here:
const producer = await pool.addProducer({ stream: 10_000, standalone: { slots: 16, strideBytes: 4096 } });
await pool.addDecimator({ stream: 10_000, to: 10_001, every: 2, standalone: {} });
const sender = await pool.addBridgeSender({ stream: 10_001, to: address, standalone: true, mode: "lossless" });
const isConnected = () => sender.isConnected && receiver.streams[0]?.isConnected && consumer.isMapped;
while (!producer.hasReaders(1) || !isConnected()) await Bun.sleep(1);

for (let value = 0; value < 6; value++) producer.offer(Uint8Array.of(value), { dtype: "uint8", dims: [1] });
for await (const { seq, bytes } of consumer.frames({ policy: "stream", depth: 8 })) {
  console.log(`frame ${seq} arrived with the value ${bytes[0]}`);
  if (seq === 4) break;
}
while (receiver.streams[0]?.sender.sent !== 3) await Bun.sleep(1);
console.log(`sent ${sender.ledger.sent}, delivered ${receiver.streams[0].receiver.delivered}`);

// Prints:
// frame 0 arrived with the value 0
// frame 2 arrived with the value 2
// frame 4 arrived with the value 4
// sent 3, delivered 3
