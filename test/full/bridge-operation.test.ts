import { expect, test } from "bun:test";
import { BridgePlace, bridgeRows, FROM_STREAM, TO_STREAM } from "../support/bridge-place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=100x100", "--rate", "100"];

interface Side {
  readonly direction: string;
  readonly peer: string;
  readonly isConnected: boolean;
  readonly delivered: number;
  readonly farReaders: readonly { readonly streamId: number; readonly accepted: number }[];
}

test(
  "W-48: ls, info and check of either host show the bridge, what it has lost, and the far consumers behind it",
  async () => {
    await using place = await BridgePlace.open();
    await place.mediaDrivers();
    const receive = place.receive();
    const send = place.send(["--stats-interval", "100ms", "--checksum"]);
    place.producer(LIVE);
    place.consumer([]);
    const near = ["--aeron-dir", place.near.aeronDir];
    const far = ["--aeron-dir", place.far.aeronDir];
    const sideOf = async (args: readonly string[], stream: number): Promise<Side | undefined> => {
      const info = place.near.run(["info", `${stream}`, "-o", "json", ...args]);
      await info.exit();
      const { producer, consumers } = JSON.parse(info.stdout || '{"consumers":[]}');
      return [producer, ...consumers].find((role) => role?.bridge != null)?.bridge;
    };
    let side: Side | undefined;
    while (side?.farReaders[0]?.accepted === undefined) side = await sideOf(near, FROM_STREAM);
    expect(side).toMatchObject({ direction: "send", peer: `127.0.0.1:${place.port}`, isConnected: true });
    expect(side.farReaders[0]?.streamId).toBe(TO_STREAM);
    let farSide: Side | undefined;
    while (farSide?.isConnected !== true || farSide.delivered === 0) farSide = await sideOf(far, TO_STREAM);
    expect(farSide).toMatchObject({ direction: "receive", isConnected: true });
    const ls = place.far.run(["ls", ...far]);
    expect([await ls.exit(), ls.stdout]).toEqual([0, expect.stringMatching(/bridge[\s\S]*from 127\.0\.0\.1:\d+/)]);
    expect(bridgeRows(send).at(-1)?.receiver.checksum).toBe(0);
    await receive.destroy();
    await until(
      () => bridgeRows(send).at(-1)?.isConnected === false,
      () => `the end of the connection: ${send.describe()}`,
    );
    const check = place.near.run(["check", "--for", "3s", "--drops", "100%", ...near, "--shm-dir", place.near.shmDir]);
    expect([await check.exit(), check.stdout]).toEqual([
      2,
      expect.stringMatching(/CRITICAL.*the bridge to 127\.0\.0\.1:\d+ \(not connected\)/),
    ]);
  },
  PROCESS_TEST_MS,
);
