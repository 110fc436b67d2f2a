import type { AeronConnection } from "../aeron/connection.ts";
import type { Publication } from "../aeron/publication.ts";
import { UsageError } from "../core/errors.ts";
import type { ProducerCounters } from "./counters.ts";
import { DriverRegions } from "./driver-regions.ts";
import type { ProducerOptions } from "./producer-options.ts";
import { randomId } from "./random-id.ts";
import type { RegionHost, RegionProvider } from "./region-provider.ts";
import { StandaloneRegions } from "./standalone-regions.ts";

/**
 * Who gives this producer its regions, as its options say.
 * @param publication the producer's of the control stream
 * @throws UsageError unless the options name one of the two
 */
export function newRegionProvider(
  connection: AeronConnection,
  publication: Publication,
  options: ProducerOptions,
  host: RegionHost,
  { of }: ProducerCounters,
): RegionProvider {
  const { streamId, standalone, driver } = options;
  if (driver !== undefined && standalone === undefined) {
    const { announceStreamId, controlStreamId } = options.streams;
    const client = { ...driver, streamId, announcesApart: announceStreamId !== controlStreamId };
    return new DriverRegions(connection, publication, client, host, of);
  }
  if (standalone !== undefined && driver === undefined) {
    const producerId = options.producerId ?? randomId();
    const { aeronDir } = connection;
    return new StandaloneRegions({ aeronDir, streamId, producerId }, standalone, host, of.messagesRefused);
  }
  const found = standalone === undefined ? "neither" : "both";
  throw new UsageError(`producer of stream ${streamId}: expected either standalone or driver, found ${found}`);
}
