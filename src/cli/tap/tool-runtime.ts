import { AeronConnection } from "../../aeron/connection.ts";
import { nativeParker } from "../../aeron/native-parker.ts";
import { logAgentErrorsButTheEnd } from "../../core/agent-errors.ts";
import { NotFoundError } from "../../core/errors.ts";
import { createIdleStrategy, type IdleStrategy, parseIdleStrategy } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import { Scheduler } from "../../core/scheduler.ts";
import type { AeronStreams } from "../../protocol/stream-ids.ts";
import { aeronDirOf } from "../aeron-dir.ts";
import { reportBusErrors } from "../bus-errors.ts";
import { requireDriver } from "../driver/deployment.ts";
import type { OptionValues } from "../option-spec.ts";
import { describeMissingMediaDriver, streamsOf } from "../role-runtime.ts";
import { StopSignals } from "../signals.ts";

const waitingLog = getLogger("aeron").reminder(10e9);

export interface ToolRuntimeOptions {
  /** A media driver that does not live yet is waited for. */
  readonly waitsForDriver?: boolean;
}

/** What a tool needs that listens or speaks on a media driver which others run: it never starts one. */
export class ToolRuntime implements Disposable {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly streams: AeronStreams;
  readonly aeronDir: string;
  readonly signals: StopSignals;

  /** `idle`: left out, as the options say. @throws NotFoundError where no media driver lives, unless it waits for one; UsageError */
  constructor(
    options: OptionValues,
    clientName: string,
    idle: IdleStrategy = idleOf(options),
    { waitsForDriver = false }: ToolRuntimeOptions = {},
  ) {
    this.streams = streamsOf(options);
    this.aeronDir = aeronDirOf(options);
    if (!waitsForDriver) requireDriver(this.aeronDir, () => noDriver(this.aeronDir));
    this.scheduler = new Scheduler({ idle, onAgentError: logAgentErrorsButTheEnd() });
    reportBusErrors();
    this.signals = new StopSignals({ onStop: (signal) => this.scheduler.stop(signal) });
    const ensure = (): void => waitingLog.info(describeMissingMediaDriver(this.aeronDir));
    const supply = waitsForDriver ? { supply: { ensure } } : {};
    this.connection = new AeronConnection({ aeronDir: this.aeronDir, clientName, ...supply });
    this.scheduler.add(this.connection, { vital: true });
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

function idleOf(options: OptionValues): IdleStrategy {
  return createIdleStrategy(parseIdleStrategy(options.text("idle") ?? "backoff"), nativeParker);
}
