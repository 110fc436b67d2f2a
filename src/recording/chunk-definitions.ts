import type { FileWindow } from "./byte-window.ts";
import { unpackChunk } from "./chunk-messages.ts";
import { Packing } from "./chunk-table.ts";
import type { FileIndex } from "./file-index.ts";
import { takeCommon } from "./file-walk.ts";
import { MESSAGE_FIXED_BYTES, Opcode } from "./layout.ts";
import { RecordWalk } from "./record-walk.ts";
import { RecordingError } from "./recording-error.ts";

/**
 * Looks into the chunks whose channels are unknown: writers may store schemas and channels only inside chunks, and may leave out the
 * chunks' indexes. @throws RecordingError "unsupported" for an unsupported compression
 */
export function completeDefinitions(window: FileWindow, index: FileIndex): void {
  const { chunks, channels } = index;
  for (let chunk = 0; chunk < chunks.length; chunk++) {
    const ids = chunks.channelIds(chunk);
    if (ids.length > 0 && ids.every((id) => channels.has(id))) continue;
    try {
      lookInto(window, index, chunk);
    } catch (error) {
      // Reading its messages will report the fault.
      if (!(error instanceof RecordingError) || error.code !== "damaged") throw error;
    }
  }
}

function lookInto(window: FileWindow, index: FileIndex, chunk: number): void {
  const { chunks } = index;
  const isPacked = chunks.packing(chunk) !== Packing.NONE;
  const records = isPacked ? unpackChunk(window, chunks, chunk) : window;
  const from = isPacked ? 0 : chunks.recordsAt(chunk);
  const walk = new RecordWalk(records, from, from + (isPacked ? records.byteLength : chunks.recordsBytes(chunk)));
  const found = new Map<number, number>();
  while (walk.next()) {
    if (walk.opcode === Opcode.SCHEMA || walk.opcode === Opcode.CHANNEL) takeCommon(records, walk, index);
    else if (walk.opcode === Opcode.MESSAGE && walk.contentBytes >= MESSAGE_FIXED_BYTES) {
      const id = records.view.getUint16(records.load(walk.contentAt, 2), true);
      found.set(id, (found.get(id) ?? 0) + 1);
    }
  }
  if (chunks.channelIds(chunk).length > 0) return;
  chunks.setChannelIds(chunk, [...found.keys()]);
  if (index.isFromSummary) return;
  for (const [id, count] of found) index.messageCounts.set(id, (index.messageCounts.get(id) ?? 0) + count);
}
