// A bridge between two hosts. Each host also runs its own producer.ts or consumer.ts:
//
//   bun examples/bridge.ts receive 0.0.0.0:4400      on the receiving host; frames arrive on stream 10001
//   bun examples/bridge.ts send 192.0.2.7:4400       on the host that sends stream 10000
import { TensorPool } from "tensorpool";

const [direction, address = "127.0.0.1:4400", seconds = "60"] = process.argv.slice(2);
const deadline = Date.now() + Number(seconds) * 1000;

await using pool = await TensorPool.connect();
if (direction === "receive") {
  const routes = [{ stream: 10_000, to: 10_001 }];
  const receiver = await pool.addBridgeReceiver({ from: address, routes, standalone: {} });
  while (Date.now() < deadline) {
    await Bun.sleep(1000);
    for (const { streamId, toStreamId, sender, receiver: here } of receiver.streams) {
      process.stdout.write(`${streamId} -> ${toStreamId}: delivered ${here.delivered} of ${sender.seen}\n`);
    }
  }
} else {
  const sender = await pool.addBridgeSender({ stream: 10_000, to: address, standalone: true, maxRateHz: 10 });
  while (Date.now() < deadline) {
    await Bun.sleep(1000);
    const { sent, skipped, backPressured } = sender.ledger;
    process.stdout.write(`sent ${sent}, left out ${skipped}, dropped ${backPressured}\n`);
  }
}
