import { expect, test } from "bun:test";
import { freeUdpPort } from "../support/free-port.ts";
import { Network } from "../support/network.ts";
import { Place } from "../support/place.ts";
import { FAULT_KINDS, FaultRun } from "./bridge/fault-run.ts";

/** Short: `bun test/full/bridge/main.ts --minutes N` is the long one. */
const SECONDS = 15;

test("W-48: between hosts, over cut links, kills, pauses, hostile and lost datagrams and new layouts, no frame is torn and accounts close", async () => {
  const said: string[] = [];
  const report = await new FaultRun({
    hosts: 2,
    seconds: SECONDS,
    frames: 0,
    frameSizes: "mixed",
    rateHz: 100,
    slots: 64,
    seed: 11,
    kinds: FAULT_KINDS,
    loss: 0.01,
    delayMs: 0,
    longestCutMs: 2000,
    longestPauseMs: 2000,
    say: (line) => said.push(line),
  }).run();
  expect({ problems: report.problems, said: report.problems.length === 0 ? [] : said }).toEqual({
    problems: [],
    said: [],
  });
  expect(report.faults).toBeGreaterThan(0);
}, 300_000);

test("a sender takes the MTU of its path, and reports a path that takes less than it was told to send", async () => {
  using network = Network.open(2);
  if (!network.hasLinks) return console.error("not checked: the MTU of a path, which takes network namespaces");
  network.setMtu(0, 1300);
  await using place = new Place();
  await using far = new Place();
  const [near, there] = network.hosts;
  if (near === undefined || there === undefined) throw new Error("expected two hosts");
  await place.mediaDriver(["--linger", "0"], { through: near.through });
  await far.mediaDriver(["--linger", "0"], { through: there.through });
  const source = ["--stream", "1", "--source", "synthetic:dtype=uint8,dims=64x64", "--rate", "50"];
  place.producer(source, { through: near.through });
  const at = `${there.address}:${await freeUdpPort()}`;
  const role = ({ aeronDir, shmDir }: Place) => ["--standalone", "--aeron-dir", aeronDir, "--shm-dir", shmDir];
  far.run(["bridge", "receive", ...role(far), "--from", at], { through: there.through });
  const send = (to: string) =>
    place.run(["bridge", "send", ...role(place), "--stream", "1", "--to", to], { through: near.through });
  const told = send(`aeron:udp?endpoint=${at}|mtu=1408`);
  await told.errorLine(/takes datagrams of 1248 bytes, and 1408 are sent.*mtu=1248/);
  told.signal("SIGTERM");
  expect(await told.exit()).toBe(0);
  const computed = send(at);
  await computed.errorLine(/a receiver is connected/);
  await computed.errorLine(/datagrams of at most 1248 bytes/);
}, 60_000);
