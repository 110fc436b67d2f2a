import { frameLogBytes } from "../../../bridge/admission.ts";
import { type Endpoint, readEndpoint, receiverChannel } from "../../../bridge/channels.ts";
import { type SenderNeeds, senderChannel } from "../../../bridge/sender-channel.ts";
import { HEAD_BYTES } from "../../../bridge/sender-messages.ts";
import { formatBytes } from "../../../core/units.ts";
import {
  type BridgeRunOptions,
  bridgeAges,
  bridgeRun,
  freePort,
  LATENCY,
  plainAges,
  plainRun,
  RawDatagrams,
} from "../bridge-run.ts";
import { type Figure, type SectionResult, say } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import { median, range } from "../statistics.ts";
import type { Workspace } from "../workspace.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const PAYLOADS = [64, 4 * KIB, 64 * KIB, MIB, 8 * MIB, 64 * MIB];
/** Rounds; with all sizes they take less than five minutes on an idle machine with two processors. */
const ROUNDS = 4;
const SECONDS = 1.5;
const MIN_SHARE = 0.8;

/**
 * Frames through a bridge over loopback, without loss, against two ceilings measured in turns: a plain Aeron stream between the
 * same endpoints, with the same MTU, buffers and message sizes, and the same datagrams sent by sendmmsg alone. A ratio is the median of
 * the ratios of single rounds. The two sides of a round are measured back to back, and each one goes first in every second round.
 */
export async function bridge(workspace: Workspace, options: BenchOptions): Promise<SectionResult> {
  const text = `127.0.0.1:${await freePort()}`;
  const endpoint = readEndpoint(text);
  if (endpoint === undefined) throw new Error(`expected a host and a port, found ${text}`);
  const { seconds = SECONDS, rounds = ROUNDS, idle = "backoff" } = options;
  const run = { workspace, endpoint: text, seconds, idle };
  const raw = new RawDatagrams(workspace, seconds);
  const figures: Figure[] = [];
  const sizes: Record<string, unknown>[] = [];
  for (const payloadBytes of options.payloadBytes === undefined ? PAYLOADS : [options.payloadBytes]) {
    const datagramBytes = datagramBytesOf(endpoint, payloadBytes);
    const datagrams: number[] = [];
    let lost = 0;
    const { ours, plain, ratios } = await inTurns(`bridge: ${formatBytes(payloadBytes)}`, rounds, {
      ours: async () => {
        const outcome = await bridgeRun(run, payloadBytes);
        lost += outcome.lost;
        return outcome.framesPerSecond * payloadBytes;
      },
      plain: async (round) => {
        datagrams.push(await raw.bytesPerSecond(datagramBytes, round));
        return (await plainRun(run, payloadBytes)) * payloadBytes;
      },
    });
    const bytesPerSecond = median(ours);
    const toDatagrams = median(ours.map((rate, i) => rate / (datagrams[i] as number)));
    const toAeron = median(ratios);
    const section = `bridge, ${formatBytes(payloadBytes)}`;
    const frames = ours.map((rate) => rate / payloadBytes);
    figures.push(
      {
        section,
        name: "delivered",
        value: median(frames),
        unit: "frames/s",
        range: range(frames),
        ratio: { value: toDatagrams, to: "sendmmsg alone" },
      },
      {
        section,
        name: "delivered",
        value: bytesPerSecond,
        unit: "bytes/s",
        range: range(ours),
        ratio: { value: toAeron, to: "plain Aeron" },
        target: { text: `>= ${MIN_SHARE}`, met: toAeron >= MIN_SHARE },
      },
      { section, name: "of plain Aeron, by round", value: toAeron, unit: "ratio", range: range(ratios) },
      { section, name: "plain Aeron", value: median(plain), unit: "bytes/s", range: range(plain) },
      {
        section,
        name: `sendmmsg alone, ${datagramBytes} B`,
        value: median(datagrams),
        unit: "bytes/s",
        range: range(datagrams),
      },
      { section, name: "lost, --mode lossless", value: lost, unit: "frames", target: { text: "0", met: lost === 0 } },
    );
    sizes.push({
      payloadBytes,
      framesPerSecond: median(frames),
      bytesPerSecond,
      lost,
      plainAeronBytesPerSecond: median(plain),
      datagramBytes,
      sendmmsgBytesPerSecond: median(datagrams),
      ratioToPlainAeron: toAeron,
      ratiosToPlainAeron: ratios,
      ratioToSendmmsg: toDatagrams,
    });
  }
  const latency = options.payloadBytes === undefined ? await latencyOf(run, rounds, figures) : {};
  const channels = { receiver: receiverChannel(endpoint), sender: senderChannel(endpoint, needsOf(MIB)).channel };
  return { json: { sizes, ...latency, channels }, figures };
}

/** Two measurements; each one goes first in every second round. `ratios`: the first divided by the second, per round. */
async function inTurns(
  what: string,
  rounds: number,
  { ours, plain }: Record<"ours" | "plain", (round: number) => Promise<number>>,
): Promise<{ readonly ours: number[]; readonly plain: number[]; readonly ratios: number[] }> {
  const results = { ours: [] as number[], plain: [] as number[], ratios: [] as number[] };
  for (let round = 1; round <= rounds; round++) {
    say(`${what}, round ${round} of ${rounds}`);
    const order = [ours, plain];
    if (round % 2 === 0) order.reverse();
    const values = [];
    for (const measure of order) values.push(await measure(round));
    if (round % 2 === 0) values.reverse();
    const [mine, theirs] = values as [number, number];
    results.ours.push(mine);
    results.plain.push(theirs);
    results.ratios.push(mine / theirs);
  }
  return results;
}

async function latencyOf(run: BridgeRunOptions, rounds: number, figures: Figure[]): Promise<Record<string, unknown>> {
  const { payloadBytes, rateHz } = LATENCY;
  const [p99, plainP99]: [number[], number[]] = [[], []];
  const p50 = await inTurns(`bridge: latency of ${formatBytes(payloadBytes)}`, rounds, {
    ours: async () => {
      const ages = await bridgeAges(run);
      p99.push(ages.p99);
      return ages.p50;
    },
    plain: async () => {
      const ages = await plainAges(run);
      plainP99.push(ages.p99);
      return ages.p50;
    },
  });
  const section = `bridge, ${formatBytes(payloadBytes)} at ${rateHz} Hz`;
  const json: Record<string, unknown> = { payloadBytes, rateHz };
  const quantiles = {
    p50,
    p99: { ours: p99, plain: plainP99, ratios: p99.map((age, i) => age / (plainP99[i] as number)) },
  };
  for (const [name, { ours, plain, ratios }] of Object.entries(quantiles)) {
    const ratio = median(ratios);
    figures.push(
      {
        section,
        name: `frame, ${name}`,
        value: median(ours),
        unit: "ns",
        range: range(ours),
        ratio: { value: ratio, to: "plain Aeron message" },
      },
      { section, name: `plain Aeron message, ${name}`, value: median(plain), unit: "ns", range: range(plain) },
    );
    json[name] = { frameNs: median(ours), plainAeronNs: median(plain), ratio, ratios };
  }
  return { latency: json };
}

/** Size of the datagrams that carry frames of this size: full ones, unless a frame is shorter. */
function datagramBytesOf(endpoint: Endpoint, payloadBytes: number): number {
  const { cutting } = senderChannel(endpoint, needsOf(payloadBytes));
  return Math.min(cutting.mtuBytes, frameLogBytes(payloadBytes, cutting));
}

function needsOf(maxFrameBytes: number): SenderNeeds {
  return { maxFrameBytes, headBytes: HEAD_BYTES, mode: "lossless" };
}
