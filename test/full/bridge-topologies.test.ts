import { expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bridgeRows, frameNumbers, numberedFrames } from "../support/bridge-place.ts";
import { freeUdpPort } from "../support/free-port.ts";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64", "--rate", "100"];
const FRAMES = 60;
const FRAME_BYTES = 4000;
/** Of what Aeron sends to find a receiver: a frame's datagram is larger. */
const SETUP_BYTES = 64;

/** Hosts on one: each has a media driver and regions of its own. */
async function hosts(count: number): Promise<Place[]> {
  const places = Array.from({ length: count }, () => new Place());
  await Promise.all(places.map((place) => place.mediaDriver()));
  return places;
}

async function remove(places: readonly Place[]): Promise<void> {
  await Promise.all(places.map((place) => place[Symbol.asyncDispose]()));
}

function bridge(place: Place, verb: "send" | "receive", args: readonly string[]): RoleProcess {
  const at = ["--standalone", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir, "-o", "jsonl"];
  return place.run(["bridge", verb, ...at, "--stats-interval", "100ms", ...args]);
}

/** Waits for frames that a consumer accepts. */
async function flows(consumer: RoleProcess): Promise<void> {
  await consumer.row(({ counters }) => (counters.accepted ?? 0) > 10, "frames that flow");
}

/** What a sink wrote: the seq of each frame, and the number of which it consists. */
function numbersIn(folder: string): { seq: number; number: number | undefined }[] {
  const names = readdirSync(folder).toSorted();
  return names.map((name) => {
    const bytes = readFileSync(join(folder, name)).subarray(-FRAME_BYTES);
    return { seq: Number(name.split("-").at(-2)), number: frameNumbers(bytes, FRAME_BYTES)[0] };
  });
}

function read(place: Place, stream: number): RoleProcess {
  return place.consumer(["--stream", `${stream}`, "--stats-interval", "100ms"]);
}

test(
  "one sender carries several streams to several receivers, and a receiver that is stopped does not slow the other down",
  async () => {
    const [near, first, second] = (await hosts(3)) as [Place, Place, Place];
    try {
      const [one, other] = [await freeUdpPort(), await freeUdpPort()];
      for (const stream of [1, 2]) near.producer(["--stream", `${stream}`, ...LIVE]);
      const stopped = bridge(first, "receive", ["--from", `127.0.0.1:${one}`, "--stream", "1=11", "--stream", "2=12"]);
      bridge(second, "receive", ["--from", `127.0.0.1:${other}`]);
      bridge(near, "send", ["--stream", "1,2", "--to", `127.0.0.1:${one}`, "--to", `127.0.0.1:${other}`]);
      await Promise.all([read(first, 11), read(first, 12)].map(flows));
      await stopped.stop();
      await Promise.all([read(second, 1), read(second, 2)].map(flows));
    } finally {
      await remove([near, first, second]);
    }
  },
  PROCESS_TEST_MS,
);

test(
  "W-48: a file arrives complete over two hops, each frame with its seq, and a third that would close the loop is refused",
  async () => {
    const [a, b, c] = (await hosts(3)) as [Place, Place, Place];
    try {
      const ports = [await freeUdpPort(), await freeUdpPort(), await freeUdpPort()] as const;
      const [toB, toC, toA] = ports.map((port) => `127.0.0.1:${port}`) as [string, string, string];
      const looped = bridge(a, "receive", ["--from", toA, "--stream", "3=1"]);
      const patient = ["--wait-timeout", "60s"];
      bridge(b, "receive", ["--from", toB, "--stream", "1=2", ...patient]);
      bridge(c, "receive", ["--from", toC, "--stream", "2=3", ...patient]);
      bridge(c, "send", ["--stream", "3", "--to", toA]);
      bridge(b, "send", ["--stream", "2", "--to", toC, "--mode", "lossless"]);
      bridge(a, "send", ["--stream", "1", "--to", toB, "--mode", "lossless"]);
      const far = c.consumer(["--stream", "3", "--sink", `npy:${c.at("frames")}/`, "--count", `${FRAMES}`]);
      const shape = ["--dtype", "uint8", "--dims", `${FRAME_BYTES}`];
      a.producer(["--stream", "1", "--source", "raw:-", ...shape, "--rate", "50", "--once", ...patient], {
        stdin: numberedFrames(FRAMES, FRAME_BYTES),
      });
      expect(await far.exit()).toBe(0);
      await looped.errorLine(/stream 3: its frames have passed this stream already: the bridges form a loop/);
      expect(bridgeRows(looped).every(({ isConnected }) => !isConnected)).toBe(true);
      // Each byte of a frame is the number that it had at its source.
      expect(numbersIn(c.at("frames"))).toEqual(Array.from({ length: FRAMES }, (_, seq) => ({ seq, number: seq })));
    } finally {
      await remove([a, b, c]);
    }
  },
  PROCESS_TEST_MS,
);

test(
  "without a receiver a sender reads no frame and sends no datagram of one, and later only what it is asked for",
  async () => {
    const [near, far] = (await hosts(2)) as [Place, Place];
    const socket = createSocket("udp4");
    try {
      const port = await freeUdpPort();
      const datagrams: number[] = [];
      socket.on("message", (message) => datagrams.push(message.length));
      await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
      near.producer(["--stream", "1", ...LIVE, "--flow", "drop"]);
      const send = bridge(near, "send", ["--stream", "1", "--to", `127.0.0.1:${port}`, "--decimation", "5"]);
      await until(
        () => (bridgeRows(send).at(-1)?.sender.notConnected ?? 0) > 50 && datagrams.length > 2,
        () => `frames that are not sent: ${send.describe()}`,
      );
      const { sender } = bridgeRows(send).at(-1) as ReturnType<typeof bridgeRows>[number];
      expect([sender.sent, Math.max(...datagrams) <= SETUP_BYTES]).toEqual([0, true]);
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      const receive = bridge(far, "receive", ["--from", `127.0.0.1:${port}`]);
      await until(
        () => (bridgeRows(receive).at(-1)?.receiver?.delivered ?? 0) > 20,
        () => `every fifth frame: ${receive.describe()}`,
      );
      const row = bridgeRows(receive).at(-1);
      const { skipped = 0, sent = 0 } = row?.sender ?? {};
      expect([skipped / sent > 3.5, skipped / sent < 4.5, row?.sender.notConnected]).toEqual([true, true, 0]);
    } finally {
      await remove([near, far]);
    }
  },
  PROCESS_TEST_MS,
);

/** Channels of a publication for several receivers, at a port that is free. */
const SHARED: Readonly<Record<string, (port: number) => { readonly to: string; readonly from: string }>> = {
  "that ask for it (MDC)": (port) => {
    const control = `control-mode=dynamic|control=127.0.0.1:${port}`;
    return { to: `aeron:udp?${control}`, from: `aeron:udp?endpoint=127.0.0.1:0|${control}` };
  },
  "of a multicast group": (port) => {
    const group = `aeron:udp?endpoint=239.91.1.1:${port}|interface=127.0.0.1`;
    return { to: group, from: group };
  },
};

for (const [which, channelsOf] of Object.entries(SHARED)) {
  test(
    `one publication goes to several receivers ${which}, at the pace of the slowest`,
    async () => {
      const [near, first, second] = (await hosts(3)) as [Place, Place, Place];
      try {
        const { to, from } = channelsOf(await freeUdpPort());
        near.producer(["--stream", "1", ...LIVE]);
        const send = bridge(near, "send", ["--stream", "1", "--to", to]);
        for (const place of [first, second]) bridge(place, "receive", ["--from", from]);
        await Promise.all([read(first, 1), read(second, 1)].map(flows));
        expect(send.stderr).toContain("a receiver is connected");
      } finally {
        await remove([near, first, second]);
      }
    },
    PROCESS_TEST_MS,
  );
}
