import { FIELD, HEADER_BYTES, type WatchMessage } from "../../../view/messages.ts";
import { printLine } from "../../output/console.ts";
import type { TabJob, TabReport } from "./jobs.ts";

/** The request of a page with a larger window than most. */
const WATCH: Omit<WatchMessage, "stream"> = {
  type: "watch",
  view: 0,
  plane: null,
  maxPixels: 1_100_000,
  maxSide: 8192,
  reduction: "mean",
};

/** A page without a browser: it reports each picture as drawn as soon as it arrives. Runs until it is stopped. */
export async function tab({ url, stream }: TabJob): Promise<TabReport> {
  const beganMs = performance.now();
  const report = { firstPictureMs: Number.NaN, pictures: 0, bytes: 0 };
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  process.on("SIGTERM", () => resolve());
  socket.onclose = ({ reason }) => reject(new Error(`expected the server to keep the connection: ${reason}`));
  socket.onopen = () => {
    socket.send(JSON.stringify({ type: "hello", token: null }));
    socket.send(JSON.stringify({ ...WATCH, stream }));
  };
  socket.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer) || data.byteLength < HEADER_BYTES) return;
    if (report.pictures === 0) report.firstPictureMs = performance.now() - beganMs;
    report.pictures++;
    report.bytes += data.byteLength;
    const view = new DataView(data).getUint32(FIELD.view, true);
    socket.send(JSON.stringify({ type: "drawn", view }));
  };
  const rows = setInterval(() => printLine(JSON.stringify(report)), 100);
  try {
    await promise;
  } finally {
    clearInterval(rows);
    socket.onclose = null;
    socket.close();
  }
  return report;
}
