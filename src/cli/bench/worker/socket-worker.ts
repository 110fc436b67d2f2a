import { existsSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import type { SocketJob } from "./jobs.ts";

const WARM_UP_SHARE = 0.3;

/** Frames of one size over a Unix socket: returns the received frames per second, or null on the sending side. */
export function socket(job: SocketJob): Promise<number | null> {
  return job.side === "receive" ? receive(job) : send(job);
}

function receive({ path, payloadBytes, seconds }: SocketJob): Promise<number> {
  return new Promise((resolve, reject) => {
    let beginMs = 0;
    let warmMs = 0;
    let bytes = 0;
    const server = createServer((peer) => {
      peer.on("data", (chunk) => {
        const nowMs = performance.now();
        if (beginMs === 0) beginMs = nowMs;
        if (nowMs - beginMs < seconds * 1000 * WARM_UP_SHARE) return;
        if (warmMs === 0) warmMs = nowMs;
        else bytes += chunk.length;
        if (nowMs - beginMs < seconds * 1000) return;
        resolve((bytes / payloadBytes / (nowMs - warmMs)) * 1000);
        peer.destroy();
        server.close();
      });
      // The sender ends when the connection is closed.
      peer.on("error", () => peer.destroy());
    });
    server.on("error", reject);
    server.listen(path);
  });
}

async function send({ path, payloadBytes }: SocketJob): Promise<null> {
  // The receiver creates the socket and may not have done so yet.
  while (!existsSync(path)) await Bun.sleep(10);
  return new Promise((resolve) => {
    const peer = createConnection(path);
    const frame = Buffer.alloc(payloadBytes, 7);
    const fill = (): void => {
      // One write per frame, until the socket has no room.
      while (!peer.destroyed && peer.write(frame));
    };
    peer.on("connect", fill);
    peer.on("drain", fill);
    peer.on("error", () => peer.destroy());
    peer.on("close", () => resolve(null));
  });
}
