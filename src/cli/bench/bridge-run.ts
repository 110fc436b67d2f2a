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
/** Both rings take so much, where four slots of a frame are not more. */
const RING_BYTES = 128 * MIB;
const [MIN_SLOTS, MAX_SLOTS] = [4, 1024];
/** Of the frames: what comes first is not counted. */
const WARM_UP_SHARE = 1 / 3;
const ARRIVAL_TIMEOUT_MS = 20_000;
const POLL_MS = 20;

/** What is timed for its way alone: far below what the way carries. */
export const LATENCY = { payloadBytes: 64 * 1024, rateHz: 500 } as const;

export interface BridgeRunOptions {
  readonly workspace: Workspace;
  /** Host and port of the receiver. */
  readonly endpoint: string;
  readonly seconds: number;
  readonly idle: IdleChoice;
}

/** Two hosts on one: a media driver each, and UDP between them. */
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

/** Frames of a producer that waits for its bridge, until `seconds` are over: what was delivered, and what was not. */
export async function bridgeRun(
  { workspace, endpoint, seconds, idle }: BridgeRunOptions,
  payloadBytes: number,
): Promise<{ framesPerSecond: number; lost: number }> {
  const hosts = new TwoHosts(workspace);
  const rows: Row[] = [];
  const receiver = startReceiver(workspace, hosts.far, { endpoint, idle, onRow: (row) => rows.push(row) });
  const sender = startSender(workspace, hosts.near, { endpoint, idle, mode: "lossless" });
  const producer = startJob<RoleReport>(workspace, {
    kind: "producer",
    ...rolePlace(hosts.near, idle),
    streamId: BENCH_STREAM_ID,
    payloadBytes,
    slots: slotsFor(payloadBytes),
    fill: "in-place",
    flow: "wait",
    frames: null,
    seconds,
    rateHz: null,
    consumers: 1,
  });
  const published = countOf(await producer.report, "published");
  const deadlineMs = performance.now() + ARRIVAL_TIMEOUT_MS;
  while ((rows.at(-1)?.frames ?? 0) < published && performance.now() < deadlineMs) await Bun.sleep(POLL_MS);
  await sender.stop();
  await receiver.stop();
  await producer.child.ended;
  await hosts.end();
  const delivered = rows.at(-1)?.frames ?? 0;
  return { framesPerSecond: rateOf(rows, delivered), lost: published - delivered };
}

/** Frames per second of a plain Aeron stream. */
export async function plainRun(options: BridgeRunOptions, payloadBytes: number): Promise<number> {
  return (await plainLink(options, payloadBytes, null)).framesPerSecond;
}

/** Ages of frames on the far host, and of plain messages of the same size at the same rate. */
export async function bridgeLatency(options: BridgeRunOptions): Promise<readonly [Quantiles, Quantiles]> {
  const { workspace, endpoint, seconds, idle } = options;
  const { payloadBytes, rateHz } = LATENCY;
  const hosts = new TwoHosts(workspace);
  const receiver = startReceiver(workspace, hosts.far, { endpoint, idle });
  const sender = startSender(workspace, hosts.near, { endpoint, idle, mode: "latest" });
  const consumer = startJob<RoleReport>(workspace, {
    kind: "consumer",
    ...rolePlace(hosts.far, idle),
    streamId: FAR_STREAM_ID,
    reads: "nothing",
    payloadBytes,
    agesFromSeq: Math.floor((rateHz * seconds) / 4),
  });
  const producer = startJob<RoleReport>(workspace, {
    kind: "producer",
    ...rolePlace(hosts.near, idle),
    streamId: BENCH_STREAM_ID,
    payloadBytes,
    slots: slotsFor(payloadBytes),
    fill: "in-place",
    flow: "drop",
    frames: null,
    seconds,
    rateHz,
    consumers: 1,
  });
  const [{ age }] = await Promise.all([consumer.report, producer.report]);
  await Promise.all([consumer.child.ended, producer.child.ended]);
  await sender.stop();
  await receiver.stop();
  await hosts.end();
  const { age: plainAge } = await plainLink(options, payloadBytes, rateHz);
  if (age === null || plainAge === null) throw new Error("expected the ages of frames, found none");
  return [age, plainAge];
}

/** What `sendmmsg` moves: measured once a round for each size of datagram. */
export class RawDatagrams {
  readonly #workspace: Workspace;
  readonly #seconds: number;
  readonly #rates = new Map<string, number>();

  constructor(workspace: Workspace, seconds: number) {
    this.#workspace = workspace;
    this.#seconds = seconds;
  }

  /** Bytes that the receiving side got, per second. */
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
  const job: Omit<LinkJob, "side" | "aeronDir"> = { endpoint, idle, frameBytes, seconds, rateHz };
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

/** From the first row with a third of the frames to the first with all of them. */
function rateOf(rows: readonly Row[], delivered: number): number {
  const first = rows.find(({ frames }) => frames > 0 && frames >= delivered * WARM_UP_SHARE);
  const last = rows.find(({ frames }) => frames >= delivered);
  if (first === undefined || last === undefined || last.seconds <= first.seconds) {
    throw new Error(`expected rows of a receiver, found ${rows.length} with ${delivered} frames`);
  }
  return (last.frames - first.frames) / (last.seconds - first.seconds);
}

/** A UDP port of the loopback that is free now. */
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
