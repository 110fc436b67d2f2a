import type { AeronConnection } from "../../aeron/connection.ts";
import type { Agent } from "../../core/agent.ts";
import { logAgentErrorsButTheEnd } from "../../core/agent-errors.ts";
import { NotFoundError } from "../../core/errors.ts";
import type { IdleChoice, IdleStrategy } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import type { Scheduler } from "../../core/scheduler.ts";
import { requireDriver } from "../../observe/deployment.ts";
import { Host } from "../../process/host.ts";
import type { AeronStreams } from "../../protocol/stream-ids.ts";
import { aeronDirOf } from "../config/aeron-dir.ts";
import { ExitCode, InterruptedError } from "../exit.ts";
import { reportBusErrors } from "../lifetime/bus-errors.ts";
import { DeadlineAgent } from "../lifetime/deadline-agent.ts";
import { StopSignals } from "../lifetime/signals.ts";
import type { Output } from "../output/output.ts";
import { describeMissingMediaDriver, streamsOf } from "../role/role-runtime.ts";
import type { ListenValues } from "../specs/common-options.ts";

const waitingLog = getLogger("aeron").reminder(10e9);

/** The options of a tool for its places, its idle strategy, and its end. */
export type ToolValues = ListenValues & {
  readonly idle?: IdleChoice | undefined;
  readonly seconds?: number | undefined;
};

export interface ToolRuntimeOptions {
  /** Omitted: taken from the options. */
  readonly idle?: IdleChoice | IdleStrategy;
  /** The tool ends in order once its results have no reader. */
  readonly output?: Output;
  /** Wait for the media driver if it is not running yet. */
  readonly waitsForDriver?: boolean;
}

/** The process of a tool that receives or sends messages through an existing media driver: it never starts one. */
export class ToolRuntime implements Disposable {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly streams: AeronStreams;
  readonly aeronDir: string;
  readonly signals: StopSignals;
  readonly #output: Output | undefined;
  #failure: { readonly error: unknown } | null = null;

  /** `name` is the command's name. @throws NotFoundError without a live media driver, unless the tool waits for one; UsageError */
  constructor(values: ToolValues, name: string, { idle, output, waitsForDriver = false }: ToolRuntimeOptions = {}) {
    this.streams = streamsOf(values);
    this.aeronDir = aeronDirOf(values);
    this.#output = output;
    if (!waitsForDriver) requireDriver(this.aeronDir, () => noDriver(this.aeronDir));
    reportBusErrors();
    this.signals = new StopSignals({ onStop: (signal) => this.scheduler.stop(signal) });
    const { aeronDir } = this;
    const host = new Host({
      aeronDir,
      clientName: `tensorpool ${name}`,
      idle: idle ?? values.idle ?? "backoff",
      mediaDriver: "external",
      onAgentError: logAgentErrorsButTheEnd(),
      ...(waitsForDriver ? { onMissing: () => waitingLog.info(describeMissingMediaDriver(aeronDir)) } : {}),
    });
    this.scheduler = host.scheduler;
    this.connection = host.connection;
    output?.whenClosed(() => this.stop("standard output is closed"));
    if (values.seconds !== undefined) this.endAfter(values.seconds, () => this.stop("--seconds are over"));
  }

  /** True if a signal or a closed output ended the tool: a missing result is then not an error. */
  get wasStopped(): boolean {
    return this.signals.received !== null || this.#output?.isClosed === true;
  }

  /** Calls back after this time from the tool's start. */
  endAfter(timeoutNs: number, onExpired: () => void): void {
    this.scheduler.add(new DeadlineAgent(timeoutNs, onExpired));
  }

  stop(reason: string): void {
    this.scheduler.stop(reason);
  }

  /** Ends the tool; `run` throws the first error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop("failed");
  }

  /** Runs a step of an agent that may fail: the tool then ends with its error. */
  attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Runs these agents, all of them vital, until the tool ends. Resolves to the exit code. */
  async run(...agents: readonly Agent[]): Promise<number> {
    for (const agent of agents) this.scheduler.add(agent, { vital: true });
    await this.scheduler.run();
    if (this.#failure !== null) throw this.#failure.error;
    return this.signals.exitCode(ExitCode.DONE);
  }

  /** The same for a part of a command, which has no result after a signal. @throws InterruptedError */
  async runPart(...agents: readonly Agent[]): Promise<void> {
    const code = await this.run(...agents);
    if (this.signals.received !== null) throw new InterruptedError(code);
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
