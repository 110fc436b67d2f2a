import type { MessageSink, Messaging } from "../aeron/ports.ts";
import type { Clock } from "../core/clock.ts";
import { UsageError } from "../core/errors.ts";
import { announceStreamIdOf } from "../protocol/stream-ids.ts";
import type { ProducerCounters } from "./counters.ts";
import { DriverRegions } from "./driver-regions.ts";
import type { RolePorts } from "./ports.ts";
import type { ProducerOptions } from "./producer-options.ts";
import type { RegionHost, RegionProvider } from "./region-provider.ts";
import { StandaloneRegions } from "./standalone-regions.ts";

/**
 * Chooses the provider of this producer's regions by its options.
 * @param publication the producer's publication of the control stream
 * @throws UsageError unless the options name exactly one of the two
 */
export function newRegionProvider(
  connection: Messaging,
  publication: MessageSink,
  options: ProducerOptions,
  host: RegionHost,
  { of }: ProducerCounters,
  cycle: Clock,
  ports: RolePorts,
): RegionProvider {
  const { streamId, standalone, driver } = options;
  if (driver !== undefined && standalone === undefined) {
    const announcesApart = announceStreamIdOf(options.streams) !== options.streams.controlStreamId;
    const client = { ...driver, streamId, announcesApart };
    return new DriverRegions(connection, publication, client, host, of, cycle, ports);
  }
  if (standalone !== undefined && driver === undefined) {
    const producerId = options.producerId ?? ports.random.clientId();
    const { aeronDir } = connection;
    return new StandaloneRegions(
      { aeronDir, streamId, producerId },
      standalone,
      host,
      of.messagesRefused,
      cycle,
      ports,
    );
  }
  const found = standalone === undefined ? "neither" : "both";
  throw new UsageError(`producer of stream ${streamId}: expected either standalone or driver, found ${found}`);
}
