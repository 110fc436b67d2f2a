import { DESCR_OF_DTYPE } from "../../protocol/numpy-descr.ts";
import { type FrameArray, frameDims } from "./frame-places.ts";

const GROUP = '{"zarr_format":2}';

/**
 * A kerchunk reference file: a Zarr hierarchy whose chunks are the frames' values in the recording itself. Each stream is a group with the
 * array `frames`, next to `seq`, `timestamp_ns` and `log_time_ns`.
 */
export function kerchunkReferences(arrays: readonly FrameArray[]): string {
  const refs: Record<string, string | [url: string, offset: number, byteLength: number]> = { ".zgroup": GROUP };
  for (const array of arrays) {
    const { group, name, paths, offsets, frameBytes, seqs, timestampsNs, logTimesNs } = array;
    const dims = frameDims(array);
    const suffix = name.slice("frames".length);
    refs[`${group}/.zgroup`] = GROUP;
    const order = array.majorOrder === "column" ? "F" : "C";
    const at = `${group}/${name}`;
    refs[`${at}/.zarray`] = metadataOf(DESCR_OF_DTYPE[array.dtype], [offsets.length, ...dims], [1, ...dims], order);
    refs[`${at}/.zattrs`] = JSON.stringify({ dtype: array.dtype, order: array.majorOrder });
    const rest = dims.map(() => ".0").join("");
    for (const [i, offset] of offsets.entries()) refs[`${at}/${i}${rest}`] = [paths[i] as string, offset, frameBytes];
    const numbers = (what: string, values: readonly bigint[]): void => {
      refs[`${group}/${what}${suffix}/.zarray`] = metadataOf("<i8", [values.length], [values.length], "C");
      refs[`${group}/${what}${suffix}/0`] =
        `base64:${Buffer.from(BigInt64Array.from(values).buffer).toString("base64")}`;
    };
    numbers("seq", seqs.map(BigInt));
    numbers("timestamp_ns", timestampsNs);
    numbers("log_time_ns", logTimesNs);
  }
  return JSON.stringify({ version: 1, refs });
}

function metadataOf(dtype: string, shape: readonly number[], chunks: readonly number[], order: "C" | "F"): string {
  // Empty chunks are not allowed, even in an empty array.
  const some = chunks.map((length) => Math.max(1, length));
  return JSON.stringify({
    zarr_format: 2,
    shape,
    chunks: some,
    dtype,
    compressor: null,
    fill_value: 0,
    order,
    filters: null,
  });
}
