import { expect, test } from "bun:test";
import { BridgePlace } from "../support/bridge-place.ts";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64", "--rate", "100"];

/** Where the newest row says that frames come from: null is shared memory. */
function bridgeOf(consumer: RoleProcess): unknown {
  return (consumer.rows.at(-1) as unknown as { bridge?: unknown } | undefined)?.bridge;
}

async function flows(consumer: RoleProcess): Promise<void> {
  const before = consumer.rows.at(-1)?.counters.accepted ?? 0;
  await until(
    () => (consumer.rows.at(-1)?.counters.accepted ?? 0) > before + 20,
    () => `frames that flow: ${consumer.describe()}`,
  );
}

test(
  "W-39: a consumer on a host without the stream reads it through the bridge that its fallback names",
  async () => {
    await using place = await BridgePlace.open();
    await place.mediaDrivers();
    const to = `control-mode=dynamic|control=127.0.0.1:${place.port}`;
    place.near.run([
      ...["bridge", "send", "--standalone", "--aeron-dir", place.near.aeronDir, "--shm-dir", place.near.shmDir],
      ...["--stream", "1", "--to", `aeron:udp?${to}`],
    ]);
    place.producer(LIVE);
    const lab = `lab=aeron:udp?endpoint=127.0.0.1:0|${to}`;
    const consumer = place.far.consumer([
      ...["--stream", "1", "--no-use-shm", "--fallback", "bridge://lab", "--bridge", lab],
      ...["--sink", `npy:${place.far.at("frames")}/`, "--count", "50"],
    ]);
    expect(await consumer.exit()).toBe(0);
    expect(consumer.stderr).toMatch(/of these, 50 through a bridge/);
    expect(place.far.regionFiles()).toEqual([]);
  },
  PROCESS_TEST_MS,
);

test(
  "W-39: a ConsumerConfig that forbids shared memory moves a consumer to a bridge, and one that allows it moves it back",
  async () => {
    await using place = await BridgePlace.open();
    const { near } = place;
    await near.mediaDriver();
    place.producer(LIVE);
    place.send();
    const consumer = near.consumer(["--stream", "1", "--stats-interval", "100ms"]);
    await flows(consumer);
    expect(bridgeOf(consumer)).toBeNull();
    const { consumerId } = consumer.rows.at(-1) as unknown as { consumerId: number };
    const tell = async (args: readonly string[]): Promise<void> => {
      const told = near.run([
        ...["consumer-config", "1", `${consumerId}`, "--aeron-dir", near.aeronDir, "--mode", "stream"],
        ...args,
      ]);
      expect(await told.exit()).toBe(0);
    };
    const fallback = `aeron:udp?endpoint=127.0.0.1:${place.port}`;
    await tell(["--no-use-shm", "--fallback", fallback]);
    await until(
      () => bridgeOf(consumer) === fallback,
      () => `the bridge: ${consumer.describe()}`,
    );
    await flows(consumer);
    await tell(["--use-shm"]);
    await until(
      () => bridgeOf(consumer) === null,
      () => `shared memory: ${consumer.describe()}`,
    );
    await flows(consumer);
    consumer.signal("SIGTERM");
    expect(await consumer.exit()).toBe(0);
  },
  PROCESS_TEST_MS,
);

test(
  "a fallback that names no bridge of this consumer is reported with what to pass",
  async () => {
    await using place = new Place();
    const bare = place.consumer(["--stream", "1", "--no-use-shm"]);
    expect([await bare.exit(), bare.stderr]).toEqual([2, expect.stringContaining("there is nothing to read")]);
    const named = place.consumer(["--stream", "1", "--no-use-shm", "--fallback", "bridge://lab"]);
    expect([await named.exit(), named.stderr]).toEqual([2, expect.stringContaining("pass --bridge lab=ADDRESS:PORT")]);
    await place.mediaDriver();
    const consumer = place.consumer(["--stream", "1", "--stats-interval", "100ms"]);
    const { consumerId } = (await consumer.row(() => true, "its id")) as unknown as { consumerId: number };
    const order = ["consumer-config", "1", `${consumerId}`, "--aeron-dir", place.aeronDir, "--mode", "stream"];
    const told = place.run([...order, "--no-use-shm", "--fallback", "aeron:ipc"]);
    expect(await told.exit()).toBe(0);
    await consumer.errorLine(/no frame can be read through aeron:ipc: no bridge sends there/);
    consumer.signal("SIGTERM");
    expect(await consumer.exit()).toBe(0);
  },
  PROCESS_TEST_MS,
);
