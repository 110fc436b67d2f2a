import { resolve } from "node:path";
import { isAeronChannel } from "../aeron/channel.ts";
import { AeronConnection } from "../aeron/connection.ts";
import { DriverLauncher } from "../aeron/driver-launcher.ts";
import { MediaDriver } from "../aeron/media-driver.ts";
import { nativeParker } from "../aeron/native-parker.ts";
import { selfCommand } from "../aeron/self-command.ts";
import { logAgentErrorsButTheEnd } from "../core/agent-errors.ts";
import { UsageError } from "../core/errors.ts";
import { createIdleStrategy, type IdleChoice, parseIdleStrategy } from "../core/idle/index.ts";
import { getLogger } from "../core/logger.ts";
import { Scheduler } from "../core/scheduler.ts";
import { MAX_ID } from "../protocol/ids.ts";
import { type AeronStreams, DEFAULT_STREAMS } from "../protocol/stream-ids.ts";
import type { DriverClientOptions } from "../roles/attachment-options.ts";
import { defaultShmDir } from "../shm/index.ts";
import { aeronDirOf } from "./aeron-dir.ts";
import { reportBusErrors } from "./bus-errors.ts";
import { DeadlineAgent } from "./deadline-agent.ts";
import { endWithParent } from "./end-with-parent.ts";
import type { OptionValues } from "./option-spec.ts";
import { StopSignals } from "./signals.ts";
import { placeThread } from "./thread-placement.ts";

const waitingLog = getLogger("aeron").reminder(10e9);

export const DEFAULT_STREAM_ID = 10_000;
const MAX_AERON_STREAM_ID = 2 ** 31 - 1;

const MEDIA_DRIVER_CHOICES = ["auto", "embedded", "external"] as const;

/** How the process comes by a media driver: as a role says, or by one that it starts itself, if it does. */
export type MediaDriverChoice = (typeof MEDIA_DRIVER_CHOICES)[number] | { start(): MediaDriver | null };

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
    this.scheduler = new Scheduler({
      idle: createIdleStrategy(idle, nativeParker),
      onAgentError: logAgentErrorsButTheEnd(),
    });
    // Before anything is made that an end in order removes.
    this.signals = new StopSignals({
      onStop: (signal) => {
        this.#stopping.abort(signal);
        this.scheduler.stop(signal);
      },
    });
    endWithParent();
    reportBusErrors();
    if (typeof mediaDriver === "object") this.ownDriver = mediaDriver.start();
    else this.ownDriver = mediaDriver === "embedded" ? MediaDriver.start({ aeronDir, threading: "invoker" }) : null;
    if (this.ownDriver !== null) this.scheduler.add(this.ownDriver, { vital: true });
    this.connection = new AeronConnection({
      aeronDir,
      clientName,
      supply:
        mediaDriver === "auto"
          ? new DriverLauncher(selfCommand(), aeronDir)
          : { ensure: () => waitingLog.info(describeMissingMediaDriver(aeronDir)) },
    });
    this.scheduler.add(this.connection, { vital: true });
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
  constructor(options: OptionValues, clientName: string, shared?: ProcessRuntime) {
    this.driver = options.flag("standalone") === true ? null : driverClientOf(options);
    this.streams = streamsOf(options);
    this.streamId = streamIdOf(options);
    this.shmDir = resolve(options.text("shm-dir") ?? defaultShmDir());
    const secondsNs = options.seconds("seconds");
    this.#ownsProcess = shared === undefined;
    // Several roles of one process share its thread: what one of them is set to would move all.
    if (shared === undefined) placeThread(options);
    this.#process = shared ?? new ProcessRuntime(processOptionsOf(options, clientName));
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
export function processOptionsOf(options: OptionValues, clientName: string) {
  return {
    aeronDir: aeronDirOf(options),
    clientName,
    idle: parseIdleStrategy(options.text("idle") ?? "backoff"),
    mediaDriver: options.choice(
      "media-driver",
      MEDIA_DRIVER_CHOICES,
      options.flag("standalone") === true ? "auto" : "external",
    ),
  } as const;
}

/** Longest wait for what a role needs first, in nanoseconds. No limit unless one is given; 0 is none as well. */
export function attachTimeoutOf(options: OptionValues): number {
  const timeoutNs = options.duration("attach-timeout") ?? 0;
  return timeoutNs === 0 ? Number.POSITIVE_INFINITY : timeoutNs;
}

function driverClientOf(options: OptionValues): DriverClientOptions {
  const clientId = options.integer("client-id", 1, MAX_ID);
  return {
    ...(clientId === undefined ? {} : { clientId }),
    attachTimeoutNs: attachTimeoutOf(options),
    requireHugepages: options.flag("require-hugepages") === true,
  };
}

/** @throws UsageError */
export function streamIdOf(options: OptionValues): number {
  return options.integer("stream", 1, MAX_ID) ?? DEFAULT_STREAM_ID;
}

/** @throws UsageError naming the option */
function channelOf(options: OptionValues): string {
  const channel = options.text("channel");
  if (channel === undefined) return DEFAULT_STREAMS.channel;
  if (isAeronChannel(channel)) return channel;
  throw new UsageError(
    `${options.nameOf("channel")}: expected an Aeron channel such as aeron:ipc, found ${JSON.stringify(channel)}`,
    { found: channel },
  );
}

/** Channel and stream ids of the options. @throws UsageError */
export function streamsOf(options: OptionValues): AeronStreams {
  const id = (name: string, fallback: number): number => options.integer(name, 1, MAX_AERON_STREAM_ID) ?? fallback;
  return {
    channel: channelOf(options),
    controlStreamId: id("control-stream-id", DEFAULT_STREAMS.controlStreamId),
    descriptorStreamId: id("descriptor-stream-id", DEFAULT_STREAMS.descriptorStreamId),
    qosStreamId: id("qos-stream-id", DEFAULT_STREAMS.qosStreamId),
    metadataStreamId: id("metadata-stream-id", DEFAULT_STREAMS.metadataStreamId),
    ...(options.has("announce-stream-id") ? { announceStreamId: id("announce-stream-id", 0) } : {}),
  };
}
