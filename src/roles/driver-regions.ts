import type { MessageSink, Messaging } from "../aeron/ports.ts";
import type { MessageHandler } from "../aeron/subscription.ts";
import type { Clock } from "../core/clock.ts";
import type { AllowedBaseDirs } from "../shm/index.ts";
import { Attachment } from "./attachment.ts";
import type {
  AttachmentCounters,
  AttachmentListener,
  AttachmentOptions,
  DriverClientOptions,
} from "./attachment-options.ts";
import type { AttachError } from "./errors.ts";
import type { RolePorts } from "./ports.ts";
import type { RegionHost, RegionProvider } from "./region-provider.ts";

/** Options of a producer in a driver deployment. */
export interface DriverProducerOptions extends DriverClientOptions {
  /** Regions outside of these are refused (W-26, D-05). */
  readonly baseDirs: AllowedBaseDirs;
}

/** Regions that a driver owns and leases to the producer; they are released when the lease ends (D-14). */
export class DriverRegions implements RegionProvider {
  readonly #attachment: Attachment;

  /** `publication`: the producer's publication of the control stream. */
  constructor(
    connection: Messaging,
    publication: MessageSink,
    options: DriverProducerOptions & Pick<AttachmentOptions, "streamId" | "announcesApart">,
    host: RegionHost,
    counters: AttachmentCounters,
    cycle: Clock,
    ports: RolePorts,
  ) {
    const listener: AttachmentListener = {
      onAttached: (announcement) => {
        const regions = ports.regions.lease(announcement, options.baseDirs);
        try {
          host.beginEpoch(regions);
        } catch (error) {
          regions.close();
          throw error;
        }
      },
      onDetached: () => host.endEpoch(),
    };
    const client = { ...options, role: "producer" } as const;
    this.#attachment = new Attachment(connection, publication, client, counters, listener, cycle, ports);
  }

  get producerId(): number {
    return this.#attachment.clientId;
  }

  get refusal(): AttachError | null {
    return this.#attachment.refusal;
  }

  get onMessage(): MessageHandler {
    return this.#attachment.onMessage;
  }

  /** The first epoch begins with the first lease. */
  begin(): void {}

  doWork(nowNs: number): number {
    return this.#attachment.doWork(nowNs);
  }

  onLateCycle(nowNs: number): void {
    this.#attachment.onLateCycle(nowNs);
  }

  close(poll: () => void): Promise<void> | null {
    return this.#attachment.close(poll);
  }
}
