import { isAeronChannel } from "../aeron/channel.ts";
import { DIMS_EXPECTED, formatDims, MAX_DIM, readDims } from "../io/layout.ts";
import { DTYPE_NAMES, type Dtype } from "../protocol/dtype.ts";
import { parseFallbackUri } from "../protocol/fallback-uri.ts";
import { isId, MAX_ID } from "../protocol/ids.ts";
import { MAX_NSLOTS } from "../shm/announcement.ts";
import { choice, integer, list, scalar, size, text, type ValueType } from "./value-type.ts";

// Types of the project's own numbers and names: only this file defines their limits.

const MAX_AERON_STREAM_ID = 2 ** 31 - 1;
const MAX_STRIDE_BYTES = 2 ** 31;
const MAX_GROUP_ID = 0xffff_fffe;

/** The id of a data source's stream. */
export function streamId(): ValueType<number> {
  return integer(1, MAX_ID, { example: 10_000 });
}

/** The id of a producer or consumer. */
export function clientId(): ValueType<number> {
  return integer(1, MAX_ID, { example: 42 });
}

/** The id of an Aeron stream, which carries the messages of many data sources. */
export function aeronStreamId(example: number): ValueType<number> {
  return integer(1, MAX_AERON_STREAM_ID, { example });
}

export function aeronChannel(): ValueType<string> {
  const convert = (channel: string): string | undefined => (isAeronChannel(channel) ? channel : undefined);
  return scalar("an Aeron channel such as aeron:ipc", '"aeron:ipc"', ["string"], convert);
}

/** An Aeron channel or a bridge: the source of payloads if shared memory cannot be used (W-39). */
export function fallbackUri(): ValueType<string> {
  const convert = (uri: string): string | undefined => (typeof parseFallbackUri(uri) === "string" ? undefined : uri);
  return scalar("aeron:ipc, aeron:udp?key=value|.. or bridge://id", '"aeron:ipc"', ["string"], convert);
}

/** The id of a stream as text, or the name of its data source: US-ASCII on the wire (section 7). */
export function dataSource(): ValueType<string> {
  const convert = (value: string): string | undefined => {
    const isNumber = /^-?\d+$/.test(value);
    const fits = isNumber ? /^\d{1,10}$/.test(value) && isId(Number(value)) : /^[\x20-\x7e]+$/.test(value);
    return fits ? value : undefined;
  };
  const expected = `the id of a stream, 1 to ${MAX_ID}, or the name of its data source`;
  return scalar(expected, '"camera-1"', ["string", "bigint"], convert);
}

/** The type of a frame's elements (W-11). */
export function dtype(): ValueType<Dtype> {
  return choice(...DTYPE_NAMES);
}

/** The shape of a frame (W-09). */
export function dims(): ValueType<readonly number[]> {
  const convert = (value: string): readonly number[] | undefined => {
    const read = readDims(value);
    return typeof read === "string" ? undefined : read;
  };
  const hint = (value: string): string =>
    /^\d+(x\d+)*$/.test(value) && value.split("x").some((dim) => Number(dim) > MAX_DIM)
      ? "; give the frame another shape, e.g. two dimensions in place of one"
      : "";
  return scalar(DIMS_EXPECTED, '"480x640"', ["string", "bigint"], convert, { format: formatDims, hint });
}

/** The slots of a ring. */
export function slots(example = 64): ValueType<number> {
  return integer(1, MAX_NSLOTS, { powerOfTwo: true, example });
}

/** The slot size of a pool (W-04). */
export function stride(): ValueType<number> {
  return size(4096, MAX_STRIDE_BYTES, { powerOfTwo: true });
}

/** The slot sizes of several pools. */
export function strides(): ValueType<readonly number[]> {
  return list(stride(), "stride");
}

/** The id of a group of users. */
export function groupId(): ValueType<number> {
  return integer(0, MAX_GROUP_ID);
}

/** A name that is used for a folder. */
export function folderName(example: string): ValueType<string> {
  return text("a name for a folder", example);
}

/** A number of items, or the highest number allowed. */
export function count(): ValueType<number> {
  return integer(1, Number.MAX_SAFE_INTEGER);
}
