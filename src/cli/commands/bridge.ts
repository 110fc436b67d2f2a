import { BridgeReceiver } from "../../bridge/bridge-receiver.ts";
import { BridgeSender } from "../../bridge/bridge-sender.ts";
import { isLoopback } from "../../bridge/channels.ts";
import { type ReceiverLedger, SENDER_CAUSES, type SenderLedger } from "../../bridge/ledger.ts";
import { OutputStream } from "../../bridge/output-stream.ts";
import { ReceiverRoute } from "../../bridge/receiver-route.ts";
import { streamIdentity } from "../../bridge/stream-path.ts";
import type { bridgeTypes } from "../../config/index.ts";
import { uptimeNs } from "../../core/clock.ts";
import { OptionError, UsageError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { formatByteRate, formatCount, formatRate } from "../../core/units.ts";
import { Consumer } from "../../roles/consumer.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import { outputRegions } from "../bridge/output-regions.ts";
import type { BridgeValues } from "../bridge-commands.ts";
import type { CommandContext } from "../command.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import { type Column, Output } from "../output.ts";
import { RateMeter } from "../rate-meter.ts";
import { RoleRuntime } from "../role-runtime.ts";
import { type RunningRole, runAlone } from "../running-role.ts";
import { StatsReporter } from "../stats-reporter.ts";

const log = getLogger("bridge");
const DEFAULT_STREAM_ID = 10_000;
const DEFAULT_ROUTES = [{ streamId: DEFAULT_STREAM_ID, toStreamId: DEFAULT_STREAM_ID }];
/** Streams that senders may open where none is named. */
const MAX_UNNAMED_ROUTES = 16;

type Context = CommandContext<BridgeValues>;

interface BridgeRow {
  role: "bridge-sender" | "bridge-receiver";
  streamId: number;
  /** Where the frames go: an address, or a stream of this host. */
  to: string;
  isConnected: boolean;
  /** That were sent, or delivered, until now; the ledgers are of the newest heartbeat. */
  frames: number;
  seconds: number;
  framesPerSecond: number;
  bytesPerSecond: number;
  sender: SenderLedger;
  /** Null at the sender. */
  receiver: ReceiverLedger | null;
}

const COLUMNS: readonly Column<BridgeRow>[] = [
  { header: "stream", cell: (row) => `${row.streamId} → ${row.to}` },
  { header: "frames/s", cell: (row) => formatRate(row.framesPerSecond) },
  { header: "bytes/s", cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "sent", cell: (row) => row.sender.sent },
  { header: "delivered", cell: (row) => row.receiver?.delivered ?? "-" },
  { header: "lost", cell: (row) => lostOf(row) },
];

/** `bridge send` and `bridge receive`: frames of a stream to and from another host. */
export async function run(context: Context): Promise<number> {
  const [verb, extra] = context.positionals;
  if (extra !== undefined) throw new UsageError(`bridge: expected one word, found also "${extra}"`, { found: extra });
  if (verb === "send") return await runSender(context);
  if (verb === "receive") return await runReceiver(context);
  const found = verb === undefined ? "nothing" : `"${verb}"`;
  throw new UsageError(`bridge: expected send or receive, found ${found}`, { expected: "send or receive" });
}

async function runSender(context: Context): Promise<number> {
  refuse(context, "send", ["from", "peer", "maxMemory"]);
  const { values } = context;
  const { mode, decimation, maxRate: maxRateHz = 0, stream: routes = DEFAULT_ROUTES } = values;
  const endpoints = required(values.to, "send", "to");
  using runtime = newRuntime(values, "tensorpool bridge send");
  return await runAlone(runtime, () => {
    const { scheduler, connection, shmDir } = runtime;
    const links = routes.flatMap(({ streamId }) => endpoints.map((to) => ({ streamId, to })));
    let ended = 0;
    const parts = links.map(({ streamId, to }) => {
      const consumer = new Consumer(connection, scheduler.clock, {
        streamId,
        mode: decimation > 1 ? "decimated" : "stream",
        decimation,
        maxRateHz,
        streams: runtime.streams,
        baseDirs: AllowedBaseDirs.resolve([shmDir]),
        ...(runtime.driver === null ? {} : { driver: runtime.driver }),
      });
      let hasEnded = false;
      const onEnd = (): void => {
        if (hasEnded) return;
        hasEnded = true;
        if (++ended === links.length) scheduler.stop("done");
      };
      const sender = new BridgeSender(connection, consumer, {
        to,
        mode,
        step: maxRateHz > 0 ? 0 : decimation,
        ...(values.once ? { onEnd } : {}),
      });
      log.info(`stream ${streamId} → ${to.text}: ${mode}, ${to.channel}; Aeron in ${runtime.aeronDir}`);
      return { consumer, sender, to };
    });
    const readings = (): Omit<BridgeRow, "seconds" | "framesPerSecond" | "bytesPerSecond">[] =>
      parts.map(({ consumer, sender, to }) => ({
        role: "bridge-sender",
        streamId: consumer.streamId,
        to: to.text,
        isConnected: sender.isConnected,
        frames: sender.ledger.sent,
        sender: sender.ledger,
        receiver: null,
      }));
    const agents = parts.flatMap(({ consumer, sender }) => [consumer, sender]);
    return started(runtime, values, "bridge sender", agents, readings, () => parts.map(({ sender }) => sender.bytes));
  });
}

async function runReceiver(context: Context): Promise<number> {
  refuse(context, "receive", ["to", "mode", "decimation", "maxRate", "once"]);
  const { values } = context;
  const { stream: routes = [], peer: peers = [], maxMemory: maxRegionBytes, flow, summary } = values;
  const from = required(values.from, "receive", "from");
  using runtime = newRuntime(values, "tensorpool bridge receive");
  return await runAlone(runtime, () => {
    const { scheduler, connection } = runtime;
    const regions = outputRegions(runtime, context);
    const hasOwnLayout = "driver" in regions || (values.slots !== undefined && values.pool !== undefined);
    let unnamed = 0;
    const newRoute = ({ streamId, toStreamId }: bridgeTypes.StreamRoute): ReceiverRoute =>
      new ReceiverRoute({
        streamId,
        output: new OutputStream(connection, scheduler.clock, {
          streamId: toStreamId,
          name: values.name ?? `stream-${toStreamId}`,
          ...(summary === undefined ? {} : { summary }),
          streams: runtime.streams,
          regions,
          ...(flow === undefined ? {} : { flow }),
          waitTimeoutNs: values.waitTimeout,
        }),
        identity: streamIdentity(connection.aeronDir, toStreamId),
        maxRegionBytes,
        hasOwnLayout,
      });
    const receiver = new BridgeReceiver(connection, {
      from,
      peers,
      routeFor: (streamId) => {
        const route = routes.find((each) => each.streamId === streamId);
        if (route !== undefined) return newRoute(route);
        if (routes.length > 0 || unnamed >= MAX_UNNAMED_ROUTES) return null;
        unnamed++;
        return newRoute({ streamId, toStreamId: streamId });
      },
    });
    if (peers.length === 0 && !isLoopback(from.host)) {
      log.warn(
        "frames are taken from every host that can reach this one, and are not encrypted: name the senders with --peer",
      );
    }
    log.info(`receiving at ${from.channel}; Aeron in ${runtime.aeronDir}`);
    const readings = (): Omit<BridgeRow, "seconds" | "framesPerSecond" | "bytesPerSecond">[] =>
      receiver.routes.map(({ streamId, output, account, isOpen }) => ({
        role: "bridge-receiver",
        streamId,
        to: String(output.streamId),
        isConnected: isOpen,
        frames: account.delivered,
        sender: account.sender,
        receiver: account.receiver,
      }));
    const bytes = (): number[] => receiver.routes.map(({ output }) => output.counters().bytes ?? 0);
    return started(runtime, values, "bridge receiver", [receiver], readings, bytes);
  });
}

type Reading = Omit<BridgeRow, "seconds" | "framesPerSecond" | "bytesPerSecond">;

/** Adds the agents, and statistics beside them. */
function started(
  { scheduler }: RoleRuntime,
  values: BridgeValues,
  name: string,
  agents: RunningRole["agents"],
  readings: () => readonly Reading[],
  bytesOf: () => readonly number[],
): RunningRole {
  const output = new Output({ format: values.output });
  const intervalNs = values.statsInterval;
  const startNs = scheduler.clock.nanoTime();
  const meters = new Map<string, RateMeter>();
  const reporters: StatsReporter<BridgeRow>[] = [];
  const rowOf = (reading: Reading, bytes: number, nowNs: number): BridgeRow => {
    const key = `${reading.streamId} ${reading.to}`;
    const meter = meters.get(key) ?? new RateMeter(startNs);
    meters.set(key, meter);
    const seconds = meter.begin(nowNs);
    return {
      ...reading,
      seconds: uptimeNs(nowNs) / 1e9,
      framesPerSecond: meter.rate("frames", reading.frames, seconds),
      bytesPerSecond: meter.rate("bytes", bytes, seconds),
    };
  };
  if (intervalNs > 0) {
    reporters.push(
      new StatsReporter(output, COLUMNS, intervalNs, (nowNs) => {
        const bytes = bytesOf();
        return readings().map((reading, index) => rowOf(reading, bytes[index] ?? 0, nowNs));
      }),
    );
  }
  for (const reporter of reporters) scheduler.add(reporter);
  for (const agent of agents) scheduler.add(agent, { vital: true });
  return {
    name,
    agents: [...reporters, ...agents],
    finish: async () => {
      await output.flush();
      const rows = readings();
      if (!values.quiet) for (const reading of rows) printError(summaryOf(reading));
      const hasLost = rows.some((reading) => lostOf(reading) > 0);
      return values.failOnLoss && hasLost ? ExitCode.FRAMES_LOST : ExitCode.DONE;
    },
  };
}

/** Frames that were lost before, on and after the way; what was left out on purpose is no loss. */
function lostOf({ sender, receiver }: Pick<Reading, "sender" | "receiver">): number {
  const before = sender.seen - sender.sent - sender.skipped;
  return before + (receiver === null ? 0 : receiver.noSlot + receiver.refused + receiver.incomplete);
}

function summaryOf(reading: Reading): string {
  const { sender, receiver, streamId, to } = reading;
  const causes = SENDER_CAUSES.filter((cause) => sender[cause] > 0).map(
    (cause) => `${cause} ${formatCount(sender[cause])}`,
  );
  if (receiver !== null) {
    for (const cause of ["noSlot", "refused", "incomplete"] as const) {
      if (receiver[cause] > 0) causes.push(`${cause} here ${formatCount(receiver[cause])}`);
    }
  }
  const done = receiver === null ? `sent ${formatCount(sender.sent)}` : `delivered ${formatCount(receiver.delivered)}`;
  return `stream ${streamId} → ${to}: ${done} of ${formatCount(sender.seen)} frames${causes.length === 0 ? "" : `: ${causes.join(", ")}`}`;
}

/** Options of the other direction. @throws OptionError */
function refuse({ origins }: Context, verb: string, names: readonly (keyof BridgeValues)[]): void {
  const stray = names.find((name) => origins.has(name));
  if (stray !== undefined)
    throw new OptionError(stray, `bridge ${verb} does not take it: it is of the other direction`);
}

/** @throws UsageError */
function required<T>(value: T | undefined, verb: string, name: string): T {
  if (value !== undefined) return value;
  throw new UsageError(`bridge ${verb}: --${name} is missing, e.g. --${name} 192.0.2.7:4400`, {
    expected: `--${name}`,
  });
}

/** The runtime has no stream of its own. */
function newRuntime(values: BridgeValues, clientName: string): RoleRuntime {
  return new RoleRuntime({ ...values, stream: DEFAULT_STREAM_ID }, clientName);
}
