import { bitsOfCode } from "../../protocol/dtype.ts";
import { type FrameHeader, HEADER_WORD, MAJOR_ORDER_CODES } from "../../protocol/frame-header.ts";
import type { FrameSlot } from "../types.ts";
import type { RecordOutput } from "./record-output.ts";
import { FRAME_BYTES, RecordKind, TYPESTR_WORDS } from "./records.ts";
import type { AnnouncedPlace } from "./region-announcer.ts";

const SUPERBLOCK_BYTES = 64;
const HEADER_SLOT_BYTES = 256;
const EPOCH = 16;
const TIMESTAMP = 18;
const LAYOUT = 20;
const DIMS = 22;
const STRIDES = 30;
const TYPESTR = 46;

/** Stages a FRAME record. docs/PYTHON.md defines its layout, in 32-bit words. */
export function stageFrame(
  output: RecordOutput,
  token: number,
  seq: number,
  slot: FrameSlot,
  announced: AnnouncedPlace,
): void {
  const { index, header } = slot;
  const { place, ringId, poolId } = announced;
  const { words } = header;
  const at = output.begin(RecordKind.FRAME, FRAME_BYTES);
  output.setWord(at + 2, token);
  output.setWord(at + 3, poolId);
  output.setLong(at + 4, SUPERBLOCK_BYTES + index * place.strideBytes);
  output.setLong(at + 6, header.valuesLenBytes);
  output.setWord(at + 8, ringId);
  output.setWord(at + 9, words[HEADER_WORD.metaVersion] as number);
  output.setLong(at + 10, SUPERBLOCK_BYTES + index * HEADER_SLOT_BYTES);
  output.setLong(at + 12, seq * 2);
  output.setLong(at + 14, seq);
  output.setWord(at + EPOCH, announced.epochLow);
  output.setWord(at + EPOCH + 1, announced.epochHigh);
  output.setWord(at + TIMESTAMP, words[HEADER_WORD.timestampLow] as number);
  output.setWord(at + TIMESTAMP + 1, words[HEADER_WORD.timestampHigh] as number);
  output.setWord(at + LAYOUT, (header.dtype & 0xffff) | (header.majorOrder << 16) | (header.ndims << 24));
  stageShape(output, at, header);
  const typestr = TYPESTR_WORDS[header.dtype];
  if (typestr === undefined) return;
  output.setWord(at + TYPESTR, typestr[0]);
  output.setWord(at + TYPESTR + 1, typestr[1]);
}

/** Dims, and strides in bytes even if the header leaves them to be inferred (W-10); 0 for packed bits. */
function stageShape(output: RecordOutput, at: number, header: FrameHeader): void {
  const { ndims, dims, strides } = header;
  const isRow = header.majorOrder === MAJOR_ORDER_CODES.row;
  let step = bitsOfCode(header.dtype) >> 3;
  for (let k = 0; k < ndims; k++) {
    const i = isRow ? ndims - 1 - k : k;
    const dim = dims[i] as number;
    const stride = strides[i] as number;
    if (stride !== 0) step = stride;
    output.setWord(at + DIMS + i, dim);
    output.setLong(at + STRIDES + i * 2, step);
    step *= dim;
  }
}
