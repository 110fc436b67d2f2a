import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { BridgePlace, FROM_STREAM } from "../support/bridge-place.ts";
import { freeUdpPort } from "../support/free-port.ts";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

/** A file whose roles send one stream of a driver and receive another. */
function roleFile(place: Place, { to, from }: { to: number; from: number }, own: number, other: number): string {
  const file = place.at("roles.toml");
  writeFileSync(
    file,
    `[driver]
aeron_dir = "${place.aeronDir}"
[shm]
base_dir = "${place.shmDir}"
[profiles.small]
header_nslots = 64
payload_pools = [{ pool_id = 1, stride_bytes = 4096 }]
[streams.own]
stream_id = ${own}
profile = "small"
[streams.other]
stream_id = ${other}
profile = "small"
[[producers]]
stream = "own"
source = "synthetic:dtype=uint8,dims=64x64"
rate = 100
[[bridge_senders]]
stream = "own"
to = "127.0.0.1:${to}"
[[bridge_receivers]]
from = "127.0.0.1:${from}"
stream = "${other - 10}=${other}"
[[consumers]]
stream = "other"
count = 20
`,
  );
  return file;
}

test(
  "bridges in both directions beside driver, producer and consumer, as roles of one file on either host",
  async () => {
    const [near, far] = [new Place(), new Place()];
    try {
      const [there, back] = [await freeUdpPort(), await freeUdpPort()];
      const files = [
        [near, roleFile(near, { to: there, from: back }, 1, 12)],
        [far, roleFile(far, { to: back, from: there }, 2, 11)],
      ] as const;
      const roles = files.map(([place, file]) => place.run(["run", "--config", file]));
      for (const role of roles) await role.errorLine(/accepted 20 frames/);
      for (const role of roles) role.signal("SIGTERM");
      expect(await Promise.all(roles.map((role) => role.exit()))).toEqual([0, 0]);
      expect(roles[0]?.stderr).toMatch(/stream 1 → 127.0.0.1:\d+: sent/);
      expect(roles[0]?.stderr).toMatch(/stream 2 → 12: delivered/);
      expect([near.regionFiles(), far.regionFiles()]).toEqual([[], []]);
    } finally {
      await Promise.all([near, far].map((place) => place[Symbol.asyncDispose]()));
    }
  },
  PROCESS_TEST_MS,
);

test(
  "bridge send takes a stream by the name of its data source, and waits for one that does not exist yet",
  async () => {
    await using place = await BridgePlace.open();
    await place.mediaDrivers();
    const { near, port } = place;
    const way = ["--standalone", "--aeron-dir", near.aeronDir, "--shm-dir", near.shmDir, "--to", `127.0.0.1:${port}`];
    const sender = near.run(["bridge", "send", ...way, "--stream", "camera-1"]);
    await sender.errorLine(/waiting for a stream: .*"camera-1"/);
    place.receive();
    place.producer(["--source", "synthetic:dtype=uint8,dims=64x64", "--rate", "100", "--name", "camera-1"]);
    const consumer = place.consumer(["--count", "20"]);
    expect([await consumer.exit(), consumer.stderr]).toEqual([0, expect.stringContaining("accepted 20 frames")]);
    expect(sender.stderr).toContain(`stream ${FROM_STREAM} → 127.0.0.1:${port}`);
  },
  PROCESS_TEST_MS,
);
