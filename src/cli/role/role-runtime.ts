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
  /** Who this is for tools; the process id is added. */
  readonly clientName: string;
  readonly idle: IdleChoice;
  readonly mediaDriver: MediaDriverChoice;
}

/** State and next step where a media driver is awaited that this process does not start. */
export function describeMissingMediaDriver(aeronDir: string): string {
  return `no media driver in ${aeronDir}: waiting for one (\`tensorpool driver\` brings one, \`tensorpool media-driver\` is one)`;
}

/** What all roles of one process share: a scheduler, the Aeron connection (with or without a driver of its own), and the end. */
export class ProcessRuntime implements Disposable {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly aeronDir: string;
  readonly signals: StopSignals;
  /** The media driver of this process. */
  readonly ownDriver: MediaDriver | null;
  readonly #stopping = new AbortController();

  /** @throws MediaDriverError */
  constructor({ aeronDir, clientName, idle, mediaDriver }: ProcessOptions) {
    this.aeronDir = aeronDir;
    // Before anything is made that an end in order removes.
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

  /** Aborted by the signal that ends the process: what waits for a pipe or a reader gives up. */
  get stopSignal(): AbortSignal {
    return this.#stopping.signal;
  }

  [Symbol.dispose](): void {
    // Of a role that failed before it ran, whose scheduler has nothing to close.
    this.ownDriver?.onClose();
    this.signals.dispose();
  }
}

/** What the options of a role say of its process. */
export type ProcessValues = Pick<RoleValues, "aeronDir" | "idle" | "mediaDriver" | "standalone">;

/** What the options of a role say of where it runs, and what it attaches to. */
export type RuntimeValues = ProcessValues &
  ChannelValues &
  Pick<RoleValues, "attachTimeout" | "clientId" | "cpu" | "sched" | "seconds" | "shmDir" | "stream"> & {
    readonly requireHugepages?: boolean;
  };

/** What one role needs, alone in its process or beside others (`shared`). */
export class RoleRuntime implements Disposable {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly streams: AeronStreams;
  readonly streamId: number;
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly signals: StopSignals;
  readonly stopSignal: AbortSignal;
  /** How this role attaches to a driver; null with --standalone. */
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
    // Several roles of one process share its thread: what one of them is set to would move all.
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

/** What the process of a single role is like. @throws UsageError */
export function processOptionsOf(values: ProcessValues, clientName: string) {
  return {
    aeronDir: aeronDirOf(values),
    clientName,
    idle: values.idle,
    mediaDriver: values.mediaDriver ?? (values.standalone ? "auto" : "external"),
  } as const;
}

/** Longest wait for what a role needs first, in nanoseconds. No limit unless one is given; 0 is none as well. */
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

/** The id of a role's stream. @throws OptionError for a name, which is to be resolved before */
export function streamIdOf({ stream }: Pick<RoleValues, "stream">): number {
  if (typeof stream === "number") return stream;
  throw new OptionError("stream", `expected the id of a stream, found the name "${stream}"`, { found: stream });
}

/** Channel and stream ids of the options. @throws OptionError */
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
