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
  /** Where the frames go: an address, or a stream of this host. */
  readonly to: string;
  readonly isConnected: boolean;
  /** That were sent, or delivered, until now; the ledgers are of the newest heartbeat. */
  readonly frames: number;
  readonly bytes: number;
  readonly sender: SenderLedger;
  /** At the sender as the receiver reports it; `unreported`: frames of which it has not said what became of them. */
  readonly receiver: ReceiverLedger & { readonly unreported?: number };
  /** At the sender: to the receiver and back, in nanoseconds, with the wait behind frames; null while not known. */
  readonly roundTripNs?: number | null;
  /** From the timestamps of frames until they were complete at the receiver, and by how much that may be off; null while not known. */
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

/** Adds the agents of a bridge, and statistics beside them. */
export function runningBridge(
  { scheduler }: RoleRuntime,
  { name, agents, readings, values, output }: RunningBridgeOptions,
): RunningRole {
  const { statsInterval: intervalNs } = values;
  const reporters = intervalNs > 0 ? [newReporter(output, intervalNs, readings, scheduler.clock.nanoTime())] : [];
  // The first to be added is the last to close: its last row has what the others count while they close.
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

/** Frames that were lost before, on and after the way; what was left out on purpose is no loss. */
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
