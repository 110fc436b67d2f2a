import type { AeronConnection } from "../aeron/connection.ts";
import type { Publication } from "../aeron/publication.ts";
import type { MessageHandler } from "../aeron/subscription.ts";
import { type AllowedBaseDirs, LeasedRegions } from "../shm/index.ts";
import { Attachment } from "./attachment.ts";
import type { AttachmentCounters, AttachmentOptions, DriverClientOptions } from "./attachment-options.ts";
import type { AttachError } from "./errors.ts";
import type { RegionHost, RegionProvider } from "./region-provider.ts";

/** How a producer takes part in a driver deployment. */
export interface DriverProducerOptions extends DriverClientOptions {
  /** Regions outside of these are refused (W-26, D-05). */
  readonly baseDirs: AllowedBaseDirs;
}

/** Regions that a driver owns and leases to the producer: for as long as the lease lives, and not a moment longer (D-14). */
export class DriverRegions implements RegionProvider {
  readonly #attachment: Attachment;

  /** `publication`: the producer's of the control stream. */
  constructor(
    connection: AeronConnection,
    publication: Publication,
    options: DriverProducerOptions & Pick<AttachmentOptions, "streamId" | "announcesApart">,
    host: RegionHost,
    counters: AttachmentCounters,
  ) {
    this.#attachment = new Attachment(connection, publication, { ...options, role: "producer" }, counters, {
      onAttached: (announcement) => {
        const regions = LeasedRegions.map(announcement, options.baseDirs);
        try {
          host.beginEpoch(regions);
        } catch (error) {
          regions.close();
          throw error;
        }
      },
      onDetached: () => host.endEpoch(),
    });
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

  /** The first epoch comes with the first lease. */
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
