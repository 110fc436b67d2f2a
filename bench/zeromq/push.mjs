// Sends 64-byte messages as fast as zeromq.js takes them: `node push.mjs ipc:///path`. Ends by a signal.
import { Push } from "zeromq";

const FRAME_BYTES = 64;
const [address = ""] = process.argv.slice(2);
// Should whoever started this be gone, it ends all the same.
const LONGEST_MS = 60_000;
setTimeout(() => process.exit(1), LONGEST_MS);

const socket = new Push();
await socket.bind(address);
// Short messages are copied by `send` at once, so that one buffer will do.
const message = Buffer.alloc(FRAME_BYTES);
for (let frame = 0; ; frame++) {
  message.fill(frame & 0xff);
  await socket.send(message);
}
