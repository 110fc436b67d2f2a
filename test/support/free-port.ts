import { createSocket } from "node:dgram";

/** Below the ports that Linux gives to sockets by itself: no connection of another test takes one between the look and the use. */
const FIRST = 12_000;
const COUNT = 20_000;
/** Processes of tests that run side by side begin far from each other. */
let next = (process.pid * 997) % COUNT;

function candidate(): number {
  next = (next + 1) % COUNT;
  return FIRST + next;
}

/** A UDP port of the loopback that is free now. */
export async function freeUdpPort(): Promise<number> {
  for (;;) {
    const port = candidate();
    const socket = createSocket("udp4");
    const isFree = await new Promise<boolean>((resolve) => {
      socket.once("error", () => resolve(false));
      socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(true));
    });
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    if (isFree) return port;
  }
}

/** A TCP port of the loopback that is free now. */
export function freeTcpPort(): number {
  for (;;) {
    const port = candidate();
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}
