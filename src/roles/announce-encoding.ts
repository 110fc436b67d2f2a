import { NativeBuffer } from "../../ffi/memory.ts";
import { MAX_DIMS } from "../protocol/dtype.ts";
import { ShmPoolAnnounceEncoder } from "../sbe/generated/control/index.ts";
import { HEADER_SLOT_BYTES, LAYOUT_VERSION, type WritableRegions } from "../shm/index.ts";

const INITIAL_BYTES = 1024;
/** Bytes of the fixed part of a message, and of each pool. */
const FIXED_BYTES = 128;
const POOL_BYTES = 16;

/** Bytes that an epoch's folder and a region's file add to the path: user, namespace, instance, epoch and file name, with separators. */
const PATH_BYTES = 640;

/** Upper bound of the size in bytes of an announce or attach answer for `pools` pools in a folder; 0 without a folder. */
export function longestAnnounceBytes(place: { readonly baseDir: string } | undefined, pools = 0): number {
  if (place === undefined) return 0;
  const { baseDir } = place;
  const uriBytes = Buffer.byteLength(baseDir) + PATH_BYTES;
  return FIXED_BYTES + uriBytes + pools * (POOL_BYTES + uriBytes);
}

/** Encodes ShmPoolAnnounce: a stream's regions with their absolute URIs (W-37). */
export class AnnounceEncoding {
  readonly #encoder = new ShmPoolAnnounceEncoder();
  #buffer = new NativeBuffer(INITIAL_BYTES);

  /** Holds the message until the next one is encoded. */
  get buffer(): NativeBuffer {
    return this.#buffer;
  }

  /** @returns bytes of the message in `buffer` */
  encode(regions: WritableRegions, producerId: number): number {
    this.#reserve(regions);
    const message = this.#encoder.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(regions.streamId).setProducerId(producerId).setEpochNumber(regions.epoch);
    message.setLayoutVersion(LAYOUT_VERSION).setHeaderNslots(regions.nslots);
    message.setHeaderSlotBytes(HEADER_SLOT_BYTES).setMaxDims(MAX_DIMS);
    const pools = message.payloadPoolsCount(regions.pools.length);
    for (const pool of regions.pools) {
      pools.next();
      pools.setPoolId(pool.poolId).setPoolNslots(regions.nslots).setStrideBytes(pool.strideBytes);
      pools.putRegionUri(pool.uri);
    }
    message.putHeaderRegionUri(regions.headerRing.uri);
    return message.encodedLength;
  }

  #reserve({ pools, headerRing }: WritableRegions): void {
    const bytes = pools.reduce((sum, { uri }) => sum + uri.length + POOL_BYTES, headerRing.uri.length + FIXED_BYTES);
    if (bytes > this.#buffer.bytes.length) this.#buffer = new NativeBuffer(2 ** Math.ceil(Math.log2(bytes)));
  }
}
