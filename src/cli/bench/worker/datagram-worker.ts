import { DatagramBatch, UdpSocket } from "../../../../ffi/udp.ts";
import { MAX_SOCKET_BUFFER_BYTES } from "../../../bridge/channels.ts";
import type { DatagramJob, DatagramReport } from "./jobs.ts";

const LOOPBACK = "127.0.0.1";
/** Datagrams per call; Aeron uses the same number. */
const BATCH = 16;
/** Long enough for datagrams in flight, and, repeated, for the other side to start. */
const SILENCE_MS = 1000;
const START_TIMEOUTS = 30;

/** Datagrams over loopback, as fast as the kernel accepts them: the upper limit for any protocol over UDP on this machine. */
export function datagrams(job: DatagramJob): DatagramReport {
  const socket = new UdpSocket(LOOPBACK);
  try {
    socket.setBuffers(MAX_SOCKET_BUFFER_BYTES, MAX_SOCKET_BUFFER_BYTES);
    return job.side === "send" ? send(socket, job) : receive(socket, job);
  } finally {
    socket.close();
  }
}

function send(socket: UdpSocket, { port, datagramBytes, seconds }: DatagramJob): DatagramReport {
  socket.connect(LOOPBACK, port);
  const batch = new DatagramBatch(BATCH, datagramBytes);
  const beginNs = Bun.nanoseconds();
  let sent = 0;
  while (Bun.nanoseconds() - beginNs < seconds * 1e9) sent += socket.sendBatch(batch);
  const elapsedNs = Bun.nanoseconds() - beginNs;
  return { datagrams: sent, bytesPerSecond: ((sent * datagramBytes) / elapsedNs) * 1e9 };
}

function receive(socket: UdpSocket, { port, datagramBytes }: DatagramJob): DatagramReport {
  socket.bind(LOOPBACK, port);
  socket.setReceiveTimeout(SILENCE_MS);
  const batch = new DatagramBatch(BATCH, datagramBytes);
  let received = 0;
  let bytes = 0;
  let [beginNs, endNs] = [0, 0];
  for (let silences = 0; silences < (beginNs === 0 ? START_TIMEOUTS : 1); ) {
    const count = socket.receiveBatch(batch);
    if (count === 0) {
      silences++;
      continue;
    }
    endNs = Bun.nanoseconds();
    if (beginNs === 0) beginNs = endNs;
    else {
      received += count;
      bytes += batch.bytesOf(count);
    }
  }
  return { datagrams: received, bytesPerSecond: endNs === beginNs ? 0 : (bytes / (endNs - beginNs)) * 1e9 };
}
