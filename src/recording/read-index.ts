import { quoted } from "../core/text.ts";
import type { FileWindow } from "./byte-window.ts";
import { completeDefinitions } from "./chunk-definitions.ts";
import { FileIndex } from "./file-index.ts";
import { walkFile } from "./file-walk.ts";
import { MAGIC, Opcode } from "./layout.ts";
import { RecordContent } from "./record-content.ts";
import { RecordWalk } from "./record-walk.ts";
import { RecordingError } from "./recording-error.ts";
import { readSummary } from "./summary-reader.ts";

/** Reads the places of everything: from the file's own index, otherwise from its records. @throws RecordingError */
export function readIndex(window: FileWindow, { mayUseSummary = true } = {}): FileIndex {
  const index = new FileIndex();
  const headerEnd = readHead(window, index);
  if (mayUseSummary) {
    try {
      if (readSummary(window, index)) {
        completeDefinitions(window, index);
        return index;
      }
    } catch (error) {
      if (!(error instanceof RecordingError) || error.code !== "damaged") throw error;
      index.summaryFault = error.message;
    }
  }
  const walked = new FileIndex();
  walked.profile = index.profile;
  walked.library = index.library;
  walked.summaryFault = index.summaryFault;
  walkFile(window, headerEnd, walked);
  completeDefinitions(window, walked);
  return walked;
}

/** Reads magic and header; returns the offset of the first record after them. */
function readHead(window: FileWindow, index: FileIndex): number {
  const { name, byteLength } = window;
  if (byteLength === 0) throw new RecordingError("not-a-recording", `${name} is empty: nothing was recorded`);
  const at = window.load(0, Math.min(MAGIC.length, byteLength));
  const begin = window.bytes.subarray(at, at + Math.min(MAGIC.length, byteLength));
  if (begin.some((byte, i) => byte !== MAGIC[i])) {
    throw new RecordingError(
      "not-a-recording",
      `${name} is no MCAP file: it begins with ${describeBytes(begin)}${hintOf(begin)}`,
    );
  }
  const walk = new RecordWalk(window, MAGIC.length);
  if (byteLength < MAGIC.length || !walk.next() || walk.opcode !== Opcode.HEADER) {
    const found =
      walk.ended === "complete" || byteLength <= MAGIC.length ? "it ends there" : "the header is not complete";
    throw new RecordingError(
      "not-a-recording",
      `${name} has no data: behind the first ${MAGIC.length} bytes ${found}; its writer ended before anything was recorded`,
    );
  }
  const content = new RecordContent(window, walk.contentAt, walk.contentBytes, "Header");
  index.profile = content.text();
  index.library = content.text();
  return walk.contentAt + walk.contentBytes;
}

function describeBytes(bytes: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(bytes);
  return /^[\x20-\x7e\n\r\t]+$/.test(text) ? quoted(text) : `bytes ${bytes.toHex()}`;
}

/** The magic bytes of other file formats in this field. */
function hintOf(begin: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(begin);
  if (text.startsWith("#ROSBAG")) return ' (a ROS 1 bag: convert it with "mcap convert FILE OUT.mcap")';
  if (text.startsWith("SQLite f")) return ' (a ROS 2 bag in SQLite: convert it with "mcap convert FILE OUT.mcap")';
  if (text.startsWith("\x89HDF")) return " (an HDF5 file)";
  if (text.startsWith("\x93NUMPY")) return " (a NumPy file: `tensorpool producer --source npy:FILE` reads it)";
  if (text.startsWith("(\xb5/\xfd")) return " (packed with zstd: unpack the file first)";
  if (text.startsWith("\x1f\x8b")) return " (packed with gzip: unpack the file first)";
  return "";
}
