// A web server for a stream: / describes it as JSON, /frame is the newest frame's bytes, /frame.png a picture of it. Run it together
// with producer.ts.
import { encodePng, type OwnedFrame, TensorPool, totalLost } from "tensorpool";

// "timer": the pool runs on the server's event loop.
await using pool = await TensorPool.connect({ drive: "timer" });
const consumer = await pool.addConsumer({ stream: 10_000, mode: "latest", standalone: true });
let newest: OwnedFrame | null = null;

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2] ?? 8080),
  routes: {
    "/": () => {
      const { dims = null, dtype = null, seq = null } = newest ?? {};
      return Response.json({
        seq,
        dtype,
        dims,
        accepted: consumer.counters.of.accepted.value,
        lost: totalLost(consumer.counters),
      });
    },
    "/frame": () => {
      if (newest === null) return new Response("no frame has come yet\n", { status: 503 });
      return new Response(newest.bytes, { headers: { "x-dtype": newest.dtype, "x-dims": newest.dims.join("x") } });
    },
    "/frame.png": async () => {
      if (newest === null) return new Response("no frame has come yet\n", { status: 503 });
      return new Response(await encodePng(newest), { headers: { "content-type": "image/png" } });
    },
  },
});
process.stdout.write(`serves ${server.url}\n`);

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
// Copies that were verified as intact; at most one is queued, and a newer one replaces it.
for await (const frame of consumer.frames({ policy: "latest", depth: 1, signal: ending.signal })) newest = frame;
await server.stop(true);
