import { expect, test } from "bun:test";
import { accountGap, BridgePlace, bridgeRows, frameNumbers, lossOf, numberedFrames } from "../support/bridge-place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { elapse, until } from "../support/until.ts";

const FAULTS = 100;
const FRAME_BYTES = 8000;
const RATE_HZ = 200;
const FRAMES = 20_000;
const SEED = 17;

/** A sequence of numbers from 0 to 1 that a seed repeats (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Frames that the receiver has delivered since it began, or since its sender did. */
function delivered(receiver: RoleProcess): number {
  const line = receiver.stdoutLines.at(-1);
  return line?.startsWith("{") === true ? (JSON.parse(line).receiver?.delivered ?? 0) : 0;
}

test(`W-48: no frame is torn and the accounts close, over ${FAULTS} kills and pauses of either side at random moments, with 1 % of the datagrams lost`, async () => {
  await using place = await BridgePlace.open();
  await place.mediaDrivers(lossOf(0.01));
  const consumer = place.consumer(["--sink", "raw:-", "--no-once"], { binary: true });
  const receive = (): RoleProcess => place.receive(["--stats-interval", "100ms"]);
  const send = (): RoleProcess => place.send(["--stats-interval", "100ms"], "mtu=1408");
  let [receiver, sender] = [receive(), send()];
  const source = [
    "--source",
    "raw:-",
    "--dtype",
    "uint8",
    "--dims",
    `${FRAME_BYTES}`,
    "--rate",
    `${RATE_HZ}`,
    "--once",
  ];
  const producer = place.producer([...source, "--flow", "drop"], { stdin: numberedFrames(FRAMES, FRAME_BYTES) });
  await until(
    () => delivered(receiver) > 0,
    () => `the first frames: ${receiver.describe()}`,
  );
  const random = randomOf(SEED);
  for (let fault = 0; fault < FAULTS; fault++) {
    await elapse(100 + random() * 700);
    const isSender = random() < 0.5;
    const role = isSender ? sender : receiver;
    if (random() < 0.5) {
      await role.stop();
      await elapse(random() * 500);
      role.signal("SIGCONT");
    } else {
      await role.destroy();
      if (isSender) sender = send();
      else receiver = receive();
    }
  }
  const before = delivered(receiver);
  await until(
    () => delivered(receiver) > before + 50,
    () => `frames that flow after the faults: ${receiver.describe()}`,
  );
  producer.signal("SIGTERM");
  expect(await producer.exit()).toBe(0);
  await until(
    () => bridgeRows(receiver).at(-1)?.isConnected === false,
    () => `the end of the stream: ${receiver.describe()}`,
  );
  consumer.signal("SIGTERM");
  expect(await consumer.exit()).toBe(0);
  expect(frameNumbers(consumer.bytes, FRAME_BYTES).length).toBeGreaterThan(100);
  const last = bridgeRows(receiver).at(-1);
  expect(last === undefined ? -1 : accountGap(last)).toBe(0);
}, 600_000);
