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

// A frame counts as lost until each part has found the next: publish until three have arrived.
const publishing = setInterval(() => producer.offer(Uint8Array.of(1), { dtype: "uint8", dims: [1] }), 10);
const seqs: number[] = [];
for await (const { seq } of consumer.frames({ policy: "stream", depth: 8 })) if (seqs.push(seq) === 3) break;
clearInterval(publishing);

const areEven = seqs.every((seq) => seq % 2 === 0);
console.log(`${seqs.length} frames arrived, ${areEven ? "all" : "not all"} with an even seq`);

// Accounts are exchanged once a second.
const delivered = () => receiver.streams[0]?.receiver.delivered ?? 0;
while (delivered() < 3) await Bun.sleep(10);
console.log(`connected: ${sender.isConnected}; both sides know that frames were delivered`);

// Prints:
// 3 frames arrived, all with an even seq
// connected: true; both sides know that frames were delivered
