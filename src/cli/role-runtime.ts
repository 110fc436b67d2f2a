import { resolve } from "node:path";
import { defaultAeronDir } from "../aeron/aeron-dir.ts";
import { AeronConnection } from "../aeron/connection.ts";
import { DriverLauncher } from "../aeron/driver-launcher.ts";
import { MediaDriver } from "../aeron/media-driver.ts";
import { nativeParker } from "../aeron/native-parker.ts";
import { selfCommand } from "../aeron/self-command.ts";
import { createIdleStrategy, parseIdleStrategy } from "../core/idle/index.ts";
import { getLogger } from "../core/logger.ts";
import { Scheduler } from "../core/scheduler.ts";
import { type AeronStreams, DEFAULT_STREAMS } from "../protocol/stream-ids.ts";
import type { DriverClientOptions } from "../roles/attachment-options.ts";
import { defaultShmDir } from "../shm/index.ts";
import { DeadlineAgent } from "./deadline-agent.ts";
import { endWithParent } from "./end-with-parent.ts";
import type { OptionValues } from "./option-spec.ts";
import { StopSignals } from "./signals.ts";

const waitingLog = getLogger("aeron").every(10e9);

export const DEFAULT_STREAM_ID = 10_000;
const DEFAULT_ATTACH_TIMEOUT_NS = 5e9;
const MAX_U32 = 0xffff_ffff;
const MAX_AERON_STREAM_ID = 2 ** 31 - 1;

const MEDIA_DRIVER_CHOICES = ["auto", "embedded", "external"] as const;

/** What every role needs: one scheduler, the Aeron connection (with or without a driver of its own), and its end. */
export class RoleRuntime implements Disposable {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly streams: AeronStreams;
  readonly streamId: number;
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly signals: StopSignals;
  /** How this role attaches to a driver; null with --standalone. */
  readonly driver: DriverClientOptions | null;
  #embeddedDriver: MediaDriver | null = null;

  /** @throws UsageError, MediaDriverError */
  constructor(options: OptionValues, clientName: string) {
    const isStandalone = options.flag("standalone") === true;
    this.driver = isStandalone ? null : driverClientOf(options);
    this.streams = streamsOf(options);
    this.streamId = options.integer("stream", 1, MAX_U32) ?? DEFAULT_STREAM_ID;
    const idle = parseIdleStrategy(options.text("idle") ?? "backoff");
    const how = options.choice("media-driver", MEDIA_DRIVER_CHOICES, isStandalone ? "auto" : "external");
    const secondsNs = options.seconds("seconds");
    this.aeronDir = resolve(options.text("aeron-dir") ?? defaultAeronDir());
    this.shmDir = resolve(options.text("shm-dir") ?? defaultShmDir());
    this.scheduler = new Scheduler({ idle: createIdleStrategy(idle, nativeParker) });
    this.signals = new StopSignals({ onStop: (signal) => this.scheduler.stop(signal) });
    endWithParent();
    if (how === "embedded") {
      this.#embeddedDriver = MediaDriver.start({ aeronDir: this.aeronDir, threading: "invoker" });
      this.scheduler.add(this.#embeddedDriver, { vital: true });
    }
    this.connection = new AeronConnection({
      aeronDir: this.aeronDir,
      clientName,
      supply:
        how === "auto"
          ? new DriverLauncher(selfCommand(), this.aeronDir)
          : { ensure: () => waitingLog.info(`no media driver in ${this.aeronDir}: waiting for one`) },
    });
    this.scheduler.add(this.connection, { vital: true });
    if (secondsNs !== undefined) {
      this.scheduler.add(new DeadlineAgent(secondsNs, () => this.scheduler.stop("--seconds are over")));
    }
  }

  [Symbol.dispose](): void {
    this.signals.dispose();
    // Of a role that failed before it ran, whose scheduler has nothing to close.
    this.#embeddedDriver?.onClose();
  }
}

function driverClientOf(options: OptionValues): DriverClientOptions {
  const clientId = options.integer("client-id", 1, MAX_U32 - 1);
  return {
    ...(clientId === undefined ? {} : { clientId }),
    attachTimeoutNs: options.duration("attach-timeout") ?? DEFAULT_ATTACH_TIMEOUT_NS,
    requireHugepages: options.flag("require-hugepages") === true,
  };
}

/** Channel and stream ids of the options. @throws UsageError */
export function streamsOf(options: OptionValues): AeronStreams {
  const id = (name: string, fallback: number): number => options.integer(name, 1, MAX_AERON_STREAM_ID) ?? fallback;
  return {
    channel: options.text("channel") ?? DEFAULT_STREAMS.channel,
    controlStreamId: id("control-stream-id", DEFAULT_STREAMS.controlStreamId),
    descriptorStreamId: id("descriptor-stream-id", DEFAULT_STREAMS.descriptorStreamId),
    qosStreamId: id("qos-stream-id", DEFAULT_STREAMS.qosStreamId),
    metadataStreamId: id("metadata-stream-id", DEFAULT_STREAMS.metadataStreamId),
  };
}
