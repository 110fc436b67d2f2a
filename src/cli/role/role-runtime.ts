import type { AeronConnection } from "../../aeron/connection.ts";
import type { MediaDriver } from "../../aeron/media-driver.ts";
import { logAgentErrorsButTheEnd } from "../../core/agent-errors.ts";
import { OptionError } from "../../core/errors.ts";
import type { IdleChoice } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import type { Scheduler } from "../../core/scheduler.ts";
import { Host, type MediaDriverChoice } from "../../process/host.ts";
import type { AeronStreams } from "../../protocol/stream-ids.ts";
import type { DriverClientOptions } from "../../roles/attachment-options.ts";
import { aeronDirOf, shmDirOf } from "../config/aeron-dir.ts";
import { reportBusErrors } from "../lifetime/bus-errors.ts";
import { DeadlineAgent } from "../lifetime/deadline-agent.ts";
import { endWithParent } from "../lifetime/end-with-parent.ts";
import { StopSignals } from "../lifetime/signals.ts";
import type { ChannelValues, RoleValues } from "../specs/common-options.ts";
import { placeThread } from "./thread-placement.ts";

const waitingLog = getLogger("aeron").reminder(10e9);

export interface ProcessOptions {
  readonly aeronDir: string;
  /** The client name that tools show; the process id is appended. */
  readonly clientName: string;
  readonly idle: IdleChoice;
  readonly mediaDriver: MediaDriverChoice;
}

/** State and next step while this process waits for a media driver that it does not start itself. */
export function describeMissingMediaDriver(aeronDir: string): string {
  return `no media driver in ${aeronDir}: waiting for one (\`tensorpool driver\` brings one, \`tensorpool media-driver\` is one)`;
}

/** Resources shared by all roles of a process: scheduler, Aeron connection (with or without a media driver of its own), and shutdown. */
export class ProcessRuntime implements Disposable {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly aeronDir: string;
  readonly signals: StopSignals;
  /** The media driver that this process runs, if any. */
  readonly ownDriver: MediaDriver | null;
  readonly #stopping = new AbortController();

  /** @throws MediaDriverError */
  constructor({ aeronDir, clientName, idle, mediaDriver }: ProcessOptions) {
    this.aeronDir = aeronDir;
    // Installed before anything is created that an orderly shutdown removes.
    this.signals = new StopSignals({
      onStop: (signal) => {
        this.#stopping.abort(signal);
        this.scheduler.stop(signal);
      },
    });
    endWithParent();
    reportBusErrors();
    const host = new Host({
      aeronDir,
      clientName,
      idle,
      mediaDriver,
      onAgentError: logAgentErrorsButTheEnd(),
      onMissing: () => waitingLog.info(describeMissingMediaDriver(aeronDir)),
    });
    this.scheduler = host.scheduler;
    this.connection = host.connection;
    this.ownDriver = host.ownDriver;
  }

  /** Aborted by the signal that ends the process: waits for a pipe or a reader are then cancelled. */
  get stopSignal(): AbortSignal {
    return this.#stopping.signal;
  }

  [Symbol.dispose](): void {
    // Closes the driver of a role that failed before it ran: the scheduler has nothing to close then.
    this.ownDriver?.onClose();
    this.signals.dispose();
  }
}

/** The options of a role that concern its process. */
export type ProcessValues = Pick<RoleValues, "aeronDir" | "idle" | "mediaDriver" | "standalone">;

/** The options of a role that concern where it runs and what it attaches to. */
export type RuntimeValues = ProcessValues &
  ChannelValues &
  Pick<RoleValues, "attachTimeout" | "clientId" | "cpu" | "sched" | "seconds" | "shmDir" | "stream"> & {
    readonly requireHugepages?: boolean;
  };

/** The resources of one role, alone in its process or together with others (`shared`). */
export class RoleRuntime implements Disposable {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly streams: AeronStreams;
  readonly streamId: number;
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly signals: StopSignals;
  readonly stopSignal: AbortSignal;
  /** Options of the attachment to a driver; null with --standalone. */
  readonly driver: DriverClientOptions | null;
  readonly #process: ProcessRuntime;
  readonly #ownsProcess: boolean;

  /** @throws UsageError, MediaDriverError */
  constructor(values: RuntimeValues, clientName: string, shared?: ProcessRuntime) {
    this.driver = values.standalone ? null : driverClientOf(values);
    this.streams = streamsOf(values);
    this.streamId = streamIdOf(values);
    this.shmDir = shmDirOf(values);
    const secondsNs = values.seconds;
    this.#ownsProcess = shared === undefined;
    // Several roles of one process share its thread: the placement of one would move all of them.
    if (shared === undefined) placeThread(values);
    this.#process = shared ?? new ProcessRuntime(processOptionsOf(values, clientName));
    this.scheduler = this.#process.scheduler;
    this.connection = this.#process.connection;
    this.aeronDir = this.#process.aeronDir;
    this.signals = this.#process.signals;
    this.stopSignal = this.#process.stopSignal;
    if (secondsNs !== undefined && shared === undefined) {
      this.scheduler.add(new DeadlineAgent(secondsNs, () => this.scheduler.stop("--seconds are over")));
    }
  }

  [Symbol.dispose](): void {
    if (this.#ownsProcess) this.#process[Symbol.dispose]();
  }
}

/** The options of a single role's process. @throws UsageError */
export function processOptionsOf(values: ProcessValues, clientName: string) {
  return {
    aeronDir: aeronDirOf(values),
    clientName,
    idle: values.idle,
    mediaDriver: values.mediaDriver ?? (values.standalone ? "auto" : "external"),
  } as const;
}

/** Longest wait for a role's first prerequisite, in nanoseconds. Omitted or 0: no limit. */
export function attachTimeoutOf({ attachTimeout = 0 }: Pick<RoleValues, "attachTimeout">): number {
  return attachTimeout === 0 ? Number.POSITIVE_INFINITY : attachTimeout;
}

function driverClientOf(values: RuntimeValues): DriverClientOptions {
  const { clientId, requireHugepages = false } = values;
  return {
    ...(clientId === undefined ? {} : { clientId }),
    attachTimeoutNs: attachTimeoutOf(values),
    requireHugepages,
  };
}

/** The id of a role's stream. @throws OptionError for a name, which the caller must resolve first */
export function streamIdOf({ stream }: Pick<RoleValues, "stream">): number {
  if (typeof stream === "number") return stream;
  throw new OptionError("stream", `expected the id of a stream, found the name "${stream}"`, { found: stream });
}

/** Channel and stream ids from the options. @throws OptionError */
export function streamsOf(values: ChannelValues): AeronStreams {
  const { channel, controlStreamId, announceStreamId, qosStreamId, metadataStreamId } = values;
  const [descriptorStreamId = 0, ...more] = values.descriptorStreamId;
  if (more.length > 0) {
    const found = values.descriptorStreamId.join(",");
    throw new OptionError("descriptorStreamId", `expected one Aeron stream id, found ${found}`, { found });
  }
  return {
    channel,
    controlStreamId,
    descriptorStreamId,
    qosStreamId,
    metadataStreamId,
    ...(announceStreamId === undefined ? {} : { announceStreamId }),
  };
}
