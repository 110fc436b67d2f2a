import type { AeronConnection } from "../../aeron/connection.ts";
import { logAgentErrorsButTheEnd } from "../../core/agent-errors.ts";
import { NotFoundError } from "../../core/errors.ts";
import type { IdleChoice, IdleStrategy } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import type { Scheduler } from "../../core/scheduler.ts";
import { Host } from "../../process/host.ts";
import type { AeronStreams } from "../../protocol/stream-ids.ts";
import { aeronDirOf } from "../aeron-dir.ts";
import { reportBusErrors } from "../bus-errors.ts";
import type { ListenValues } from "../common-options.ts";
import { DeadlineAgent } from "../deadline-agent.ts";
import { requireDriver } from "../driver/deployment.ts";
import { Output, type OutputFormat } from "../output.ts";
import { describeMissingMediaDriver, streamsOf } from "../role-runtime.ts";
import { StopSignals } from "../signals.ts";

const waitingLog = getLogger("aeron").reminder(10e9);

export interface ToolRuntimeOptions {
  /** A media driver that does not live yet is waited for. */
  readonly waitsForDriver?: boolean;
}

/** What the options of a tool say of where it listens, and how it waits. */
export type ToolValues = ListenValues & { readonly idle?: IdleChoice | undefined };

/** What a tool needs that listens or speaks on a media driver which others run: it never starts one. */
export class ToolRuntime implements Disposable {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly streams: AeronStreams;
  readonly aeronDir: string;
  readonly signals: StopSignals;

  /** `idle`: left out, as the options say. @throws NotFoundError where no media driver lives, unless it waits for one; UsageError */
  constructor(
    values: ToolValues,
    clientName: string,
    idle: IdleChoice | IdleStrategy = values.idle ?? "backoff",
    { waitsForDriver = false }: ToolRuntimeOptions = {},
  ) {
    this.streams = streamsOf(values);
    this.aeronDir = aeronDirOf(values);
    if (!waitsForDriver) requireDriver(this.aeronDir, () => noDriver(this.aeronDir));
    reportBusErrors();
    this.signals = new StopSignals({ onStop: (signal) => this.scheduler.stop(signal) });
    const { aeronDir } = this;
    const host = new Host({
      aeronDir,
      clientName,
      idle,
      mediaDriver: "external",
      onAgentError: logAgentErrorsButTheEnd(),
      ...(waitsForDriver ? { onMissing: () => waitingLog.info(describeMissingMediaDriver(aeronDir)) } : {}),
    });
    this.scheduler = host.scheduler;
    this.connection = host.connection;
  }

  /** Where results go. The tool ends in order when no process reads them any more. */
  output(format: OutputFormat): Output {
    return new Output({ format, onClosed: () => this.scheduler.stop("standard output is closed") });
  }

  /** Ends the tool after so many nanoseconds, where that is asked for (--seconds). */
  endAfter(secondsNs: number | undefined): void {
    if (secondsNs === undefined) return;
    this.scheduler.add(new DeadlineAgent(secondsNs, () => this.scheduler.stop("--seconds are over")));
  }

  [Symbol.dispose](): void {
    this.signals.dispose();
  }
}

function noDriver(aeronDir: string): NotFoundError {
  return new NotFoundError(
    `no media driver lives in ${aeronDir}: start a producer or \`tensorpool media-driver\`, or name another folder with --aeron-dir`,
  );
}
