import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Workspace } from "./workspace.ts";

// zeromq.js does not run in Bun: its two sides are programs for Node.

/** It ends even if the process that started it has ended. */
const ENDING = "setTimeout(() => process.exit(1), 60000);";
const PUSH = `import { Push } from "zeromq";
${ENDING}
const [address, bytes] = process.argv.slice(1);
const socket = new Push();
await socket.bind(address);
const message = Buffer.alloc(Number(bytes), 7);
// Short messages are copied by send at once, longer ones are never changed: one buffer will do.
for (;;) await socket.send(message);`;
const PULL = `import { Pull } from "zeromq";
${ENDING}
const [address, bytes, seconds] = process.argv.slice(1);
const socket = new Pull();
socket.connect(address);
// The clock is read once in a while only: it would cost as much as a message.
const step = Number(bytes) > 65536 ? 4 : 256;
let frames = 0, beginMs = 0, warmMs = 0, framesBefore = 0;
for await (const [message] of socket) {
  if (message.length !== Number(bytes)) throw new Error("expected " + bytes + " bytes, found " + message.length);
  if (++frames % step !== 0) continue;
  const nowMs = performance.now();
  if (beginMs === 0) beginMs = nowMs;
  const elapsedMs = nowMs - beginMs;
  if (elapsedMs < Number(seconds) * 300) continue;
  if (warmMs === 0) { warmMs = nowMs; framesBefore = frames; continue; }
  if (elapsedMs < Number(seconds) * 1000) continue;
  process.stdout.write(JSON.stringify({ framesPerSecond: ((frames - framesBefore) * 1000) / (nowMs - warmMs) }) + "\\n");
  process.exit(0);
}`;

/** The folder in which zeromq.js can run, or the reason that it cannot. */
export type ZeromqPlace = { readonly folder: string } | { readonly missing: string };

/** Looks for Node, and for zeromq.js next to this program or in the current folder. */
export function findZeromq(): ZeromqPlace {
  if (Bun.which("node") === null) return { missing: "Node is not there: expected `node` in PATH" };
  for (const folder of [join(import.meta.dir, "..", "..", ".."), process.cwd()]) {
    if (!existsSync(folder)) continue;
    try {
      createRequire(join(folder, "package.json")).resolve("zeromq");
      return { folder };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return { missing: `zeromq.js is not there: expected it in ${join(dirname(process.cwd()), "…", "node_modules")}` };
}

/** Messages per second of one size, PUSH to PULL over ipc://. */
export async function runZeromq(
  workspace: Workspace,
  folder: string,
  payloadBytes: number,
  seconds: number,
): Promise<number> {
  const place = workspace.place();
  const address = `ipc://${place.dir}/zeromq`;
  let framesPerSecond = 0;
  const node = (program: string, ...args: string[]): string[] => [
    ...["node", "--input-type=module", "-e", program, "--"],
    ...[address, String(payloadBytes), ...args],
  ];
  const push = workspace.start(node(PUSH), { cwd: folder });
  const pull = workspace.start(node(PULL, String(seconds)), {
    cwd: folder,
    onLine: (line) => {
      framesPerSecond = (JSON.parse(line) as { framesPerSecond: number }).framesPerSecond;
    },
  });
  await pull.succeeded();
  await push.stop();
  workspace.remove(place);
  return framesPerSecond;
}
