import { expect, test } from "bun:test";
import { accountGap, BridgePlace, type BridgeRow, bridgeRows, lossOf } from "../support/bridge-place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=100x100", "--rate", "200"];
const STATS = ["--stats-interval", "100ms"];

function newest(role: RoleProcess): BridgeRow {
  const row = bridgeRows(role).at(-1);
  if (row === undefined) throw new Error(`expected a row: ${role.describe()}`);
  return row;
}

test(
  "W-48: the near side knows what became of each frame, over a receiver that is killed and one that follows it",
  async () => {
    await using place = await BridgePlace.open();
    await place.mediaDrivers(lossOf(0.01));
    let receive = place.receive(STATS);
    const send = place.send(STATS);
    const producer = place.producer(LIVE);
    await until(
      () => (bridgeRows(send).at(-1)?.receiver.delivered ?? 0) > 100,
      () => `the first reports: ${send.describe()} ${receive.describe()}`,
    );
    expect(newest(send).roundTripNs).toBeGreaterThan(0);
    for (const role of [send, receive]) {
      await until(
        () => bridgeRows(role).some(({ delay }) => delay !== null && delay.delayNs > 0 && delay.errorNs > 0),
        () => `the delay of frames: ${role.describe()}`,
      );
    }
    await receive.destroy();
    receive = place.receive(STATS);
    const before = newest(send).receiver.delivered ?? 0;
    await until(
      () => (bridgeRows(send).at(-1)?.receiver.delivered ?? 0) > before + 100,
      () => `reports of the second receiver: ${send.describe()} ${receive.describe()}`,
    );
    producer.signal("SIGTERM");
    expect(await producer.exit()).toBe(0);
    await until(
      () => bridgeRows(receive).at(-1)?.isConnected === false,
      () => `the end of the stream: ${receive.describe()}`,
    );
    // What was under way to the first receiver when it died was never reported, and nothing else.
    await until(
      () => {
        const { sent = 0, ...causes } = newest(send).sender;
        const unreported = newest(send).receiver.unreported ?? 0;
        const second = newest(receive).sender.sent ?? 0;
        const isAll = (newest(send).receiver.delivered ?? 0) >= before + second;
        return isAll && unreported <= sent - second - before && (causes.seen ?? 0) > 0;
      },
      () => `the account: ${send.describe()}`,
    );
    expect(bridgeRows(send).filter((row) => accountGap(row) !== 0)).toEqual([]);
    expect(accountGap(newest(receive))).toBe(0);
  },
  PROCESS_TEST_MS,
);

test(
  "W-48: both sides say the same of a stream that has ended, and nothing is left unreported",
  async () => {
    await using place = await BridgePlace.open();
    await place.mediaDrivers(lossOf(0.05));
    const receive = place.receive(STATS);
    place.consumer(["--once"]);
    const send = place.send([...STATS, "--mode", "lossless"]);
    const producer = place.producer([...LIVE, "--count", "300", "--flow", "wait"]);
    expect(await producer.exit()).toBe(0);
    const far = (role: RoleProcess): string => {
      const { unreported = 0, ...ledger } = bridgeRows(role).at(-1)?.receiver ?? {};
      return JSON.stringify([unreported, ledger]);
    };
    await until(
      () => bridgeRows(send).at(-1)?.sender.sent === 300 && far(send) === far(receive),
      () => `the last report: ${far(send)} ${far(receive)} ${send.describe()} ${receive.describe()}`,
    );
    expect([newest(send).receiver.unreported, newest(send).receiver.delivered]).toEqual([0, 300]);
    expect([accountGap(newest(send)), accountGap(newest(receive))]).toEqual([0, 0]);
  },
  PROCESS_TEST_MS,
);
