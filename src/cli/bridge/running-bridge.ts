import type { Delay } from "../../bridge/frame-delay.ts";
import { RECEIVER_CAUSES, type ReceiverLedger, SENDER_CAUSES, type SenderLedger } from "../../bridge/ledger.ts";
import type { Agent } from "../../core/agent.ts";
import { uptimeNs } from "../../core/clock.ts";
import { formatByteRate, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import { ExitCode } from "../exit.ts";
import { printError } from "../output/console.ts";
import type { Column, Output } from "../output/output.ts";
import { RateMeter } from "../role/rate-meter.ts";
import type { RoleRuntime } from "../role/role-runtime.ts";
import type { RunningRole } from "../role/running-role.ts";
import { StatsReporter } from "../role/stats-reporter.ts";
import type { RoleValues } from "../specs/common-options.ts";

/** One stream of a sender or a receiver. */
export interface BridgeReading {
  readonly role: "bridge-sender" | "bridge-receiver";
  readonly streamId: number;
  /** Destination of the frames: an address, or a stream of this host. */
  readonly to: string;
  readonly isConnected: boolean;
  /** Frames sent or delivered so far; the ledgers date from the newest heartbeat. */
  readonly frames: number;
  readonly bytes: number;
  readonly sender: SenderLedger;
  /** At the sender, as reported by the receiver; `unreported`: frames that the receiver has not accounted for yet. */
  readonly receiver: ReceiverLedger & { readonly unreported?: number };
  /** At the sender: round trip to the receiver in nanoseconds, including queueing behind frames; null while unknown. */
  readonly roundTripNs?: number | null;
  /** Delay from the frames' timestamps to their completion at the receiver, with its uncertainty; null while unknown. */
  readonly delay: Delay | null;
}

interface BridgeRow extends Omit<BridgeReading, "bytes"> {
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
}

const COLUMNS: readonly Column<BridgeRow>[] = [
  { header: "stream", cell: (row) => `${row.streamId} → ${row.to}` },
  { header: "frames/s", cell: (row) => formatRate(row.framesPerSecond) },
  { header: "bytes/s", cell: (row) => formatByteRate(row.bytesPerSecond) },
  { header: "sent", cell: (row) => row.sender.sent },
  { header: "delivered", cell: (row) => row.receiver.delivered },
  { header: "delay", cell: (row) => (row.delay === null ? "-" : formatDuration(row.delay.delayNs)) },
  { header: "lost", cell: (row) => lostOf(row) },
];

export interface RunningBridgeOptions {
  readonly name: string;
  readonly agents: readonly Agent[];
  readonly readings: () => readonly BridgeReading[];
  readonly values: Pick<RoleValues, "statsInterval" | "quiet" | "failOnLoss">;
  readonly output: Output;
}

/** Adds the agents of a bridge and its statistics. */
export function runningBridge(
  { scheduler }: RoleRuntime,
  { name, agents, readings, values, output }: RunningBridgeOptions,
): RunningRole {
  const { statsInterval: intervalNs } = values;
  const reporters = intervalNs > 0 ? [newReporter(output, intervalNs, readings, scheduler.clock.nanoTime())] : [];
  // The agent that is added first closes last: the final row includes what the others count while they close.
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

function newReporter(
  output: Output,
  intervalNs: number,
  readings: () => readonly BridgeReading[],
  startNs: number,
): StatsReporter<BridgeRow> {
  const meters = new Map<string, RateMeter>();
  const rowOf = ({ bytes, ...reading }: BridgeReading, nowNs: number): BridgeRow => {
    const key = `${reading.streamId} ${reading.to}`;
    const meter = meters.get(key) ?? new RateMeter(startNs, intervalNs);
    meters.set(key, meter);
    const seconds = meter.begin(nowNs);
    return {
      ...reading,
      seconds: uptimeNs(nowNs) / 1e9,
      framesPerSecond: meter.rate("frames", reading.frames, seconds),
      bytesPerSecond: meter.rate("bytes", bytes, seconds),
    };
  };
  return new StatsReporter(output, COLUMNS, intervalNs, (nowNs) => readings().map((reading) => rowOf(reading, nowNs)));
}

/** Frames lost before, during and after the transfer; frames skipped on purpose do not count. */
function lostOf({ sender, receiver }: Pick<BridgeReading, "sender" | "receiver">): number {
  const before = sender.seen - sender.sent - sender.skipped;
  return before + RECEIVER_CAUSES.reduce((sum, cause) => sum + receiver[cause], 0);
}

function summaryOf({ role, sender, receiver, streamId, to }: BridgeReading): string {
  const told = (name: string, count: number): string[] => (count > 0 ? [`${name} ${formatCount(count)}`] : []);
  const where = role === "bridge-receiver" ? "here" : "at the receiver";
  const causes = [
    ...SENDER_CAUSES.flatMap((cause) => told(cause, sender[cause])),
    ...RECEIVER_CAUSES.flatMap((cause) => told(`${cause} ${where}`, receiver[cause])),
    ...told("not reported", receiver.unreported ?? 0),
  ];
  const sent = role === "bridge-receiver" ? "" : `sent ${formatCount(sender.sent)}, `;
  const done = `${sent}delivered ${formatCount(receiver.delivered)} of ${formatCount(sender.seen)} frames`;
  return `stream ${streamId} → ${to}: ${done}${causes.length === 0 ? "" : `: ${causes.join(", ")}`}`;
}
