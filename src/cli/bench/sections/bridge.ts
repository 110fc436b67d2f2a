import { frameLogBytes } from "../../../bridge/admission.ts";
import { readEndpoint, receiverChannel, senderChannel } from "../../../bridge/channels.ts";
import { HEAD_BYTES } from "../../../bridge/sender-messages.ts";
import { formatBytes } from "../../../core/units.ts";
import {
  type BridgeRunOptions,
  bridgeLatency,
  bridgeRun,
  freePort,
  LATENCY,
  plainRun,
  RawDatagrams,
} from "../bridge-run.ts";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { Quantiles } from "../histogram.ts";
import type { BenchOptions } from "../options.ts";
import { median, range } from "../statistics.ts";
import type { Workspace } from "../workspace.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const PAYLOADS = [64, 4 * KIB, 64 * KIB, MIB, 8 * MIB, 64 * MIB];
const ROUNDS = 3;
const SECONDS = 3;
const MIN_SHARE = 0.8;

/**
 * Frames through a bridge over the loopback, without a loss, against two ceilings in turns with it: a plain Aeron stream between the
 * same endpoints, with the same MTU, buffers and sizes of messages, and the same datagrams by sendmmsg alone.
 */
export async function bridge(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const { seconds = SECONDS, rounds = ROUNDS, idle = "backoff" } = options;
  const run = { workspace, endpoint, seconds, idle };
  const raw = new RawDatagrams(workspace, seconds);
  const figures: Figure[] = [];
  const sizes: Record<string, unknown>[] = [];
  for (const payloadBytes of options.payloadBytes === undefined ? PAYLOADS : [options.payloadBytes]) {
    const datagramBytes = datagramBytesOf(endpoint, payloadBytes);
    const [ours, plain, datagrams]: [number[], number[], number[]] = [[], [], []];
    let lost = 0;
    for (let round = 1; round <= rounds; round++) {
      say(`bridge: ${formatBytes(payloadBytes)}, round ${round} of ${rounds}`);
      const bridged = await bridgeRun(run, payloadBytes);
      ours.push(bridged.framesPerSecond);
      lost += bridged.lost;
      plain.push(await plainRun(run, payloadBytes));
      datagrams.push(await raw.bytesPerSecond(datagramBytes, round));
    }
    const rate = median(ours);
    const toAeron = rate / median(plain);
    const toDatagrams = (rate * payloadBytes) / median(datagrams);
    const section = `bridge, ${formatBytes(payloadBytes)}`;
    const bytesPerSecond = ours.map((frames) => frames * payloadBytes);
    figures.push(
      {
        section,
        name: "delivered",
        value: rate,
        unit: "frames/s",
        range: range(ours),
        ratio: { value: toDatagrams, to: "sendmmsg alone" },
      },
      {
        section,
        name: "delivered",
        value: median(bytesPerSecond),
        unit: "bytes/s",
        range: range(bytesPerSecond),
        ratio: { value: toAeron, to: "plain Aeron" },
        target: { text: `>= ${MIN_SHARE}`, met: toAeron >= MIN_SHARE },
      },
      { section, name: "plain Aeron", value: median(plain) * payloadBytes, unit: "bytes/s" },
      { section, name: `sendmmsg alone, ${datagramBytes} B`, value: median(datagrams), unit: "bytes/s" },
      { section, name: "lost, --mode lossless", value: lost, unit: "frames", target: { text: "0", met: lost === 0 } },
    );
    sizes.push({
      payloadBytes,
      framesPerSecond: rate,
      bytesPerSecond: rate * payloadBytes,
      lost,
      plainAeronBytesPerSecond: median(plain) * payloadBytes,
      datagramBytes,
      sendmmsgBytesPerSecond: median(datagrams),
      ratioToPlainAeron: toAeron,
      ratioToSendmmsg: toDatagrams,
    });
  }
  const channel = readEndpoint(endpoint);
  if (channel === undefined) throw new Error(`expected a host and a port, found ${endpoint}`);
  const latency = options.payloadBytes === undefined ? await latencyOf(run, rounds, figures) : {};
  const channels = { receiver: receiverChannel(channel), sender: senderChannel(channel, MIB, HEAD_BYTES).channel };
  return { json: { sizes, ...latency, channels }, figures };
}

async function latencyOf(run: BridgeRunOptions, rounds: number, figures: Figure[]): Promise<Record<string, unknown>> {
  const { payloadBytes, rateHz } = LATENCY;
  const [ours, plain]: [Quantiles[], Quantiles[]] = [[], []];
  for (let round = 1; round <= rounds; round++) {
    say(`bridge: latency of ${formatBytes(payloadBytes)}, round ${round} of ${rounds}`);
    const [frame, message] = await bridgeLatency(run);
    ours.push(frame);
    plain.push(message);
  }
  const section = `bridge, ${formatBytes(payloadBytes)} at ${rateHz} Hz`;
  const json: Record<string, unknown> = { payloadBytes, rateHz };
  for (const name of ["p50", "p99"] as const) {
    const [frame, message] = [median(ours.map((each) => each[name])), median(plain.map((each) => each[name]))];
    figures.push(
      {
        section,
        name: `frame, ${name}`,
        value: frame,
        unit: "ns",
        range: range(ours.map((each) => each[name])),
        ratio: { value: frame / message, to: "plain Aeron message" },
      },
      { section, name: `plain Aeron message, ${name}`, value: message, unit: "ns" },
    );
    json[name] = { frameNs: frame, plainAeronNs: message, ratio: frame / message };
  }
  return { latency: json };
}

/** Of the datagrams that frames of this size travel in: full ones, unless a frame is shorter. */
function datagramBytesOf(endpoint: string, payloadBytes: number): number {
  const channel = readEndpoint(endpoint);
  if (channel === undefined) throw new Error(`expected a host and a port, found ${endpoint}`);
  const { cutting } = senderChannel(channel, payloadBytes, HEAD_BYTES);
  return Math.min(cutting.mtuBytes, frameLogBytes(payloadBytes, cutting));
}
