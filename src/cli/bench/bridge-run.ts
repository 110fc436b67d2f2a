import { createSocket } from "node:dgram";
import { selfCommand } from "../../aeron/self-command.ts";
import type { IdleChoice } from "../../core/idle/index.ts";
import type { Child } from "./child.ts";
import type { Quantiles } from "./histogram.ts";
import { BENCH_STREAM_ID, countOf, startJob, startMediaDriver } from "./stream-run.ts";
import type { DatagramJob, DatagramReport, LinkJob, LinkReport, RoleReport } from "./worker/jobs.ts";
import type { Place, Workspace } from "./workspace.ts";

const MIB = 1024 * 1024;
const FAR_STREAM_ID = BENCH_STREAM_ID + 1;
/** Size of each of the two rings, unless four slots need more: together they fit the cache of most servers. */
const RING_BYTES = 8 * MIB;
const [MIN_SLOTS, MAX_SLOTS] = [4, 1024];
/** Share of the frames at the start that is not counted. */
const WARM_UP_SHARE = 1 / 3;
const ARRIVAL_TIMEOUT_MS = 20_000;
const POLL_MS = 20;

/** The load for latency measurements: far below the capacity of the link. */
export const LATENCY = { payloadBytes: 64 * 1024, rateHz: 500 } as const;

export interface BridgeRunOptions {
  readonly workspace: Workspace;
  /** Host and port of the receiver. */
  readonly endpoint: string;
  readonly seconds: number;
  readonly idle: IdleChoice;
}

/** Two simulated hosts on one machine: a media driver each, and UDP between them. */
class TwoHosts {
  readonly near: Place;
  readonly far: Place;
  readonly #workspace: Workspace;
  readonly #drivers: readonly Child[];

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
    this.near = workspace.place();
    this.far = workspace.place();
    this.#drivers = [this.near, this.far].map((place) => startMediaDriver(workspace, place));
  }

  async end(): Promise<void> {
    for (const driver of this.#drivers) await driver.stop();
    for (const place of [this.near, this.far]) this.#workspace.remove(place);
  }
}

interface Row {
  readonly seconds: number;
  readonly frames: number;
}

/** The frames that a bridge carries. */
interface BridgedPlan {
  readonly payloadBytes: number;
  readonly mode: "latest" | "lossless";
  /** Null: as fast as the bridge takes frames. */
  readonly rateHz: number | null;
  readonly onRow?: (row: Row) => void;
}

/** A bridge between two hosts. `run` gets the far host and a function that publishes on the near one; it ends after all have arrived. */
async function bridged<T>(
  { workspace, endpoint, seconds, idle }: BridgeRunOptions,
  { payloadBytes, mode, rateHz, onRow }: BridgedPlan,
  run: (far: Place, publish: () => Promise<RoleReport>) => Promise<T>,
): Promise<T> {
  const hosts = new TwoHosts(workspace);
  const receiver = startReceiver(workspace, hosts.far, { endpoint, idle, ...(onRow === undefined ? {} : { onRow }) });
  const sender = startSender(workspace, hosts.near, { endpoint, idle, mode });
  const publish = async (): Promise<RoleReport> => {
    const producer = startJob<RoleReport>(workspace, {
      kind: "producer",
      ...rolePlace(hosts.near, idle),
      streamId: BENCH_STREAM_ID,
      payloadBytes,
      slots: slotsFor(payloadBytes),
      fill: "in-place",
      flow: mode === "lossless" ? "wait" : "drop",
      frames: null,
      seconds,
      rateHz,
      consumers: 1,
    });
    const report = await producer.report;
    await producer.child.ended;
    return report;
  };
  const outcome = await run(hosts.far, publish);
  await sender.stop();
  await receiver.stop();
  await hosts.end();
  return outcome;
}

/** Runs a producer that waits for its bridge for `seconds`: returns the delivered and the missing frames. */
export async function bridgeRun(
  options: BridgeRunOptions,
  payloadBytes: number,
): Promise<{ framesPerSecond: number; lost: number }> {
  const rows: Row[] = [];
  const plan = { payloadBytes, mode: "lossless", rateHz: null, onRow: (row: Row) => void rows.push(row) } as const;
  return await bridged(options, plan, async (_far, publish) => {
    const published = countOf(await publish(), "published");
    const deadlineMs = performance.now() + ARRIVAL_TIMEOUT_MS;
    while ((rows.at(-1)?.frames ?? 0) < published && performance.now() < deadlineMs) await Bun.sleep(POLL_MS);
    const delivered = rows.at(-1)?.frames ?? 0;
    return { framesPerSecond: rateOf(rows, delivered), lost: published - delivered };
  });
}

/** Frames per second of a plain Aeron stream. */
export async function plainRun(options: BridgeRunOptions, payloadBytes: number): Promise<number> {
  return (await plainLink(options, payloadBytes, null)).framesPerSecond;
}

/** Ages of frames on the far host, from a producer at a fixed rate. */
export async function bridgeAges(options: BridgeRunOptions): Promise<Quantiles> {
  const { workspace, seconds, idle } = options;
  const { payloadBytes, rateHz } = LATENCY;
  return await bridged(options, { payloadBytes, mode: "latest", rateHz }, async (far, publish) => {
    const consumer = startJob<RoleReport>(workspace, {
      kind: "consumer",
      ...rolePlace(far, idle),
      streamId: FAR_STREAM_ID,
      reads: "nothing",
      payloadBytes,
      agesFromSeq: Math.floor((rateHz * seconds) / 4),
    });
    const [{ age }] = await Promise.all([consumer.report, publish()]);
    await consumer.child.ended;
    return required(age);
  });
}

/** Ages of plain messages of the same size at the same rate. */
export async function plainAges(options: BridgeRunOptions): Promise<Quantiles> {
  const { payloadBytes, rateHz } = LATENCY;
  return required((await plainLink(options, payloadBytes, rateHz)).age);
}

function required(age: Quantiles | null): Quantiles {
  if (age === null) throw new Error("expected the ages of frames, found none");
  return age;
}

/** The throughput of `sendmmsg`, measured once per round and datagram size. */
export class RawDatagrams {
  readonly #workspace: Workspace;
  readonly #seconds: number;
  readonly #rates = new Map<string, number>();

  constructor(workspace: Workspace, seconds: number) {
    this.#workspace = workspace;
    this.#seconds = seconds;
  }

  /** Bytes per second on the receiving side. */
  async bytesPerSecond(datagramBytes: number, round: number): Promise<number> {
    const key = `${datagramBytes} ${round}`;
    const known = this.#rates.get(key);
    if (known !== undefined) return known;
    const rate = await this.#measure(datagramBytes);
    this.#rates.set(key, rate);
    return rate;
  }

  async #measure(datagramBytes: number): Promise<number> {
    const port = await freePort();
    const job: Omit<DatagramJob, "side"> = { port, datagramBytes, seconds: this.#seconds };
    const receiver = startJob<DatagramReport>(this.#workspace, { kind: "datagrams", side: "receive", ...job });
    const sender = startJob<DatagramReport>(this.#workspace, { kind: "datagrams", side: "send", ...job });
    const [{ bytesPerSecond }] = await Promise.all([receiver.report, sender.report]);
    await Promise.all([receiver.child.ended, sender.child.ended]);
    return bytesPerSecond;
  }
}

async function plainLink(
  { workspace, endpoint, seconds, idle }: BridgeRunOptions,
  frameBytes: number,
  rateHz: number | null,
): Promise<LinkReport> {
  const hosts = new TwoHosts(workspace);
  const job: Omit<LinkJob, "side" | "aeronDir"> = {
    endpoint,
    idle,
    frameBytes,
    slots: slotsFor(frameBytes),
    seconds,
    rateHz,
  };
  const subscriber = startJob<LinkReport>(workspace, {
    kind: "link",
    side: "subscriber",
    aeronDir: hosts.far.aeronDir,
    ...job,
  });
  const publisher = startJob<null>(workspace, {
    kind: "link",
    side: "publisher",
    aeronDir: hosts.near.aeronDir,
    ...job,
  });
  const [report] = await Promise.all([subscriber.report, publisher.report]);
  await Promise.all([subscriber.child.ended, publisher.child.ended]);
  await hosts.end();
  return report;
}

function startReceiver(
  workspace: Workspace,
  place: Place,
  { endpoint, idle, onRow }: { endpoint: string; idle: IdleChoice; onRow?: (row: Row) => void },
): Child {
  const route = ["--from", endpoint, "--stream", `${BENCH_STREAM_ID}=${FAR_STREAM_ID}`, "--flow", "drop"];
  const output = ["-o", "jsonl", "--stats-interval", "50ms"];
  return workspace.start([...selfCommand(), "bridge", "receive", ...commonOptions(place, idle), ...route, ...output], {
    onLine: (line) => {
      if (line.startsWith("{")) onRow?.(JSON.parse(line) as Row);
    },
  });
}

function startSender(
  workspace: Workspace,
  place: Place,
  { endpoint, idle, mode }: { endpoint: string; idle: IdleChoice; mode: "latest" | "lossless" },
): Child {
  const route = ["--to", endpoint, "--stream", String(BENCH_STREAM_ID), "--mode", mode];
  return workspace.start([...selfCommand(), "bridge", "send", ...commonOptions(place, idle), ...route]);
}

function commonOptions({ aeronDir, shmDir }: Place, idle: IdleChoice): string[] {
  const dirs = ["--aeron-dir", aeronDir, "--shm-dir", shmDir];
  return ["--standalone", "--media-driver", "external", ...dirs, "--idle", idle];
}

function rolePlace({ aeronDir, shmDir }: Place, idle: IdleChoice) {
  return { aeronDir, shmDir, embedded: false, idle } as const;
}

function slotsFor(payloadBytes: number): number {
  const slots = 2 ** Math.floor(Math.log2(RING_BYTES / Math.max(1, payloadBytes)));
  return Math.min(MAX_SLOTS, Math.max(MIN_SLOTS, slots));
}

/** Frames per second from the first row with a third of the frames to the first row with all of them. */
function rateOf(rows: readonly Row[], delivered: number): number {
  const first = rows.find(({ frames }) => frames > 0 && frames >= delivered * WARM_UP_SHARE);
  const last = rows.find(({ frames }) => frames >= delivered);
  if (first === undefined || last === undefined || last.seconds <= first.seconds) {
    throw new Error(`expected rows of a receiver, found ${rows.length} with ${delivered} frames`);
  }
  return (last.frames - first.frames) / (last.seconds - first.seconds);
}

/** A UDP port that is currently free on loopback. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
