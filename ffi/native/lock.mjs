import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import { say } from "./report.mjs";
import { inheritedByTools, isInterrupted, throwIfInterrupted } from "./tools.mjs";

let toldToWait = false;

/**
 * Runs `work` while no other set-up runs on the same folder of this host; waits for a running one first.
 *
 * The lock is a listening socket in Linux's abstract namespace: taking it is atomic, and the kernel releases it when its
 * last holder dies, so there is no stale lock file to detect. Tools that run under the lock inherit the socket: if this
 * process is killed, they hold the lock until they have ended as well.
 *
 * @template T
 * @param {string} folder absolute, real path of the guarded folder
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, work) {
  const name = `\0tensorpool-set-up-${process.getuid?.() ?? 0}-${createHash("sha256").update(folder).digest("hex").slice(0, 32)}`;
  for (;;) {
    const release = await tryLock(name);
    if (release !== null) {
      try {
        return await work();
      } finally {
        release();
      }
    }
    await waitForEnd(name);
    throwIfInterrupted();
  }
}

/**
 * @param {string} name
 * @returns {Promise<(() => void) | null>} the function that releases the lock; null if another process holds it
 */
function tryLock(name) {
  return new Promise((resolve, reject) => {
    /** @type {Set<import("node:net").Socket>} */
    const waiting = new Set();
    const server = createServer((socket) => {
      waiting.add(socket);
      // The other process stopped waiting: it needs no answer.
      socket.on("error", () => socket.destroy());
      socket.on("close", () => waiting.delete(socket));
    });
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(name, () => {
      const descriptor = descriptorOf(server);
      if (descriptor !== null) inheritedByTools.add(descriptor);
      resolve(() => {
        if (descriptor !== null) inheritedByTools.delete(descriptor);
        server.close();
        for (const socket of waiting) socket.destroy();
      });
    });
  });
}

/**
 * Node does not expose the descriptor of a server, but its internal name has not changed since the first versions. Without it
 * the lock only protects against live set-ups, not against the tools of one that was killed.
 *
 * @param {import("node:net").Server} server
 * @returns {number | null}
 */
function descriptorOf(server) {
  const handle = /** @type {{ _handle?: { fd?: unknown } }} */ (/** @type {unknown} */ (server))._handle;
  return typeof handle?.fd === "number" && handle.fd >= 0 ? handle.fd : null;
}

/**
 * Waits until the holder of the lock is done or dead: a connection to it lasts as long as the lock.
 *
 * @param {string} name
 * @returns {Promise<void>}
 */
function waitForEnd(name) {
  return new Promise((resolve) => {
    const socket = connect(name, () => {
      if (!toldToWait) say("waiting for another set-up of this folder to finish ...");
      toldToWait = true;
    });
    const poll = setInterval(() => {
      if (isInterrupted()) socket.destroy();
    }, 100);
    // A refused or broken connection means that the holder is gone: the caller tries to take the lock again.
    socket.on("error", () => socket.destroy());
    // The end of the connection is only detected while the socket is read.
    socket.resume();
    socket.on("close", () => {
      clearInterval(poll);
      // The lock is released shortly after the connection broke, and several processes may have waited.
      setTimeout(resolve, 20);
    });
  });
}
