// Hostile datagrams to a port, as fast as they can be sent: bun flood.ts HOST PORT MILLISECONDS
//
// Random bytes, and frames of Aeron of every type with a valid header and anything behind it: sessions and streams that exist or not,
// lengths that are too long, too short or negative; each cut anywhere, and some twice. SETUP frames have no valid lengths: those of a
// sender that means harm make the media driver keep logs, which only a firewall or a tunnel prevents (SECURITY.md).
import { NativeBuffer } from "../../../ffi/memory.ts";
import { UdpSocket } from "../../../ffi/udp.ts";
import { BRIDGE_STREAM_ID } from "../../../src/bridge/channels.ts";

const MAX_BYTES = 1408;
const HEADER_BYTES = 8;
const SETUP = 5;
const FRAME_TYPES = 12;
/** Of a SETUP frame: where its term length and MTU are. */
const SETUP_LENGTHS = [28, 32] as const;
const BATCH = 64;

const [host = "", port = "0", milliseconds = "0"] = process.argv.slice(2);
const socket = new UdpSocket(host);
socket.connect(host, Number(port));
const datagram = new NativeBuffer(MAX_BYTES);
const { bytes, view } = datagram;
const endMs = performance.now() + Number(milliseconds);
let sent = 0;
while (performance.now() < endMs) {
  for (let i = 0; i < BATCH; i++) {
    const length = Math.floor(Math.random() * MAX_BYTES) + 1;
    // Every fourth datagram repeats the one before it.
    if (i % 4 !== 0) crypto.getRandomValues(bytes);
    if (i % 4 > 1) frame(length);
    if (socket.send(datagram, length) === null) sent++;
  }
}
socket.close();
console.log(`${sent} datagrams`);

/** The beginning of an Aeron frame of the bridge's stream, before what is random. */
function frame(length: number): void {
  const type = Math.floor(Math.random() * FRAME_TYPES);
  view.setInt32(0, Math.random() < 0.7 ? length : Math.floor((Math.random() - 0.5) * 2 ** 31), true);
  view.setUint8(4, 0);
  view.setUint16(6, type, true);
  if (Math.random() < 0.5) view.setInt32(HEADER_BYTES + 8, BRIDGE_STREAM_ID, true);
  if (type === SETUP) for (const at of SETUP_LENGTHS) view.setInt32(at, 3, true);
}
