import type { FileWindow } from "./byte-window.ts";
import type { FileIndex } from "./file-index.ts";
import { takeCommon } from "./file-walk.ts";
import { DATA_END_BYTES, FOOTER_BYTES, MAGIC, Opcode, RECORD_HEAD_BYTES } from "./layout.ts";
import { RecordContent } from "./record-content.ts";
import { parseChunkIndex } from "./record-parsers.ts";
import { RecordWalk } from "./record-walk.ts";
import { RecordingError } from "./recording-error.ts";

/** Place of the summary, from the footer; null for a file without a complete end. */
export function readFooter(
  window: FileWindow,
): { readonly summaryAt: number; readonly summaryEnd: number; readonly crc: number } | null {
  const { byteLength } = window;
  const tailBytes = FOOTER_BYTES + MAGIC.length;
  if (byteLength < MAGIC.length + tailBytes) return null;
  const at = window.load(byteLength - tailBytes, tailBytes);
  const { bytes, view } = window;
  if (bytes[at] !== Opcode.FOOTER || view.getBigUint64(at + 1, true) !== BigInt(FOOTER_BYTES - RECORD_HEAD_BYTES))
    return null;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + FOOTER_BYTES + i] !== MAGIC[i]) return null;
  const summaryAt = Number(view.getBigUint64(at + RECORD_HEAD_BYTES, true));
  const crc = view.getUint32(at + RECORD_HEAD_BYTES + 16, true);
  return { summaryAt, summaryEnd: byteLength - tailBytes, crc };
}

/** Reads the file's own index; false if it has none, or one that does not cover its messages. @throws RecordingError "damaged" */
export function readSummary(window: FileWindow, index: FileIndex): boolean {
  const footer = readFooter(window);
  if (footer === null || footer.summaryAt === 0) return false;
  const { summaryAt, summaryEnd } = footer;
  if (summaryAt < MAGIC.length || summaryAt > summaryEnd) {
    throw new RecordingError(
      "damaged",
      `${window.name}: the footer names a summary at byte ${summaryAt}, and the file ends at ${summaryEnd}`,
    );
  }
  const walk = new RecordWalk(window, summaryAt, summaryEnd);
  const elsewhere: { opcode: number; at: number; bytes: number }[] = [];
  let statistics: { messages: number; chunks: number } | null = null;
  while (walk.next()) {
    if (walk.opcode === Opcode.CHUNK_INDEX) index.chunks.add(parseChunkIndex(window, walk));
    else if (walk.opcode === Opcode.STATISTICS) statistics = readStatistics(window, walk, index);
    else if (walk.opcode === Opcode.METADATA_INDEX || walk.opcode === Opcode.ATTACHMENT_INDEX) {
      const content = new RecordContent(window, walk.contentAt, walk.contentBytes, "index");
      elsewhere.push({ opcode: walk.opcode, at: content.u64(), bytes: content.u64() });
    } else takeCommon(window, walk, index);
  }
  if (walk.ended !== "complete") {
    throw new RecordingError(
      "damaged",
      `${window.name}: the summary at byte ${summaryAt} does not end where it should`,
    );
  }
  const covers =
    statistics !== null &&
    statistics.chunks === index.chunks.length &&
    (statistics.messages === 0 || index.chunks.length > 0);
  if (!covers) return false;
  for (const { opcode, at, bytes } of elsewhere) {
    const inner = new RecordWalk(window, at, Math.min(at + bytes, window.byteLength));
    const expected = opcode === Opcode.METADATA_INDEX ? Opcode.METADATA : Opcode.ATTACHMENT;
    if (!inner.next() || inner.opcode !== expected) {
      throw new RecordingError("damaged", `${window.name}: the summary names a record at byte ${at} that is not there`);
    }
    takeCommon(window, inner, index);
  }
  index.chunks.sort();
  index.isFromSummary = true;
  index.dataEnd = summaryAt - DATA_END_BYTES;
  return true;
}

function readStatistics(window: FileWindow, walk: RecordWalk, index: FileIndex): { messages: number; chunks: number } {
  const content = new RecordContent(window, walk.contentAt, walk.contentBytes, "Statistics");
  const messages = content.u64();
  content.skip(2 + 4 + 4 + 4);
  const chunks = content.u32();
  content.skip(16);
  content.entries(() => {
    const id = content.u16();
    index.messageCounts.set(id, content.u64());
  });
  return { messages, chunks };
}
