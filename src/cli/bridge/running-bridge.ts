import { type ReceiverLedger, SENDER_CAUSES, type SenderLedger } from "../../bridge/ledger.ts";
import type { Agent } from "../../core/agent.ts";
import { uptimeNs } from "../../core/clock.ts";
import { formatByteRate, formatCount, formatRate } from "../../core/units.ts";
import type { RoleValues } from "../common-options.ts";
import { printError } from "../console.ts";
import { ExitCode } from "../exit.ts";
import type { Column, Output } from "../output.ts";
import { RateMeter } from "../rate-meter.ts";
import type { RoleRuntime } from "../role-runtime.ts";
import type { RunningRole } from "../running-role.ts";
import { StatsReporter } from "../stats-reporter.ts";

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
  /** Null at the sender. */
  readonly receiver: ReceiverLedger | null;
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
  { header: "delivered", cell: (row) => row.receiver?.delivered ?? "-" },
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
  return new StatsReporter(output, COLUMNS, intervalNs, (nowNs) => readings().map((reading) => rowOf(reading, nowNs)));
}

/** Frames that were lost before, on and after the way; what was left out on purpose is no loss. */
function lostOf({ sender, receiver }: Pick<BridgeReading, "sender" | "receiver">): number {
  const before = sender.seen - sender.sent - sender.skipped;
  return before + (receiver === null ? 0 : receiver.noSlot + receiver.refused + receiver.incomplete);
}

function summaryOf({ sender, receiver, streamId, to }: BridgeReading): string {
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
