// A participant that floods one Aeron stream with messages whose payload looks like Aeron frames: flooder.ts AERON_DIR STREAM MS SEED
import { NativeBuffer } from "../../../ffi/memory.ts";
import { controlPublicationChannel } from "../../../src/aeron/channel.ts";
import { AeronConnection } from "../../../src/aeron/connection.ts";
import { Random } from "../fuzz/random.ts";

const BUFFER_BYTES = 2048;
const FRAME_ALIGNMENT = 32;
const MESSAGES_PER_TURN = 200;
/** What the payload claims to be the length of a frame. */
const LENGTHS = [0x0010_0000, 0x7fff_ffff, -1, 0, 33, 1 << 16];
const FLAGS = [0x80, 0x40, 0x00, 0xc0];

const [aeronDir = "", stream, ms, seed] = process.argv.slice(2);
const random = new Random(Number(seed));
const connection = new AeronConnection({ aeronDir, clientName: "flood" });
const publication = connection.addPublication(controlPublicationChannel("aeron:ipc"), Number(stream));
const buffer = new NativeBuffer(BUFFER_BYTES);
const [length, flags] = [random.of(LENGTHS), random.of(FLAGS)];
for (let at = 0; at + FRAME_ALIGNMENT <= BUFFER_BYTES; at += FRAME_ALIGNMENT) {
  buffer.view.setInt32(at, length, true);
  buffer.view.setUint8(at + 5, flags);
  buffer.view.setUint16(at + 6, 1, true);
}
const endMs = performance.now() + Number(ms);
while (performance.now() < endMs) {
  connection.doWork(performance.now() * 1e6);
  for (let i = 0; connection.isReady && i < MESSAGES_PER_TURN; i++) {
    if (publication.publishMessage(buffer.address, FRAME_ALIGNMENT * (1 + random.below(40))) !== 0) break;
  }
  await Bun.sleep(0);
}
process.exit(0);
