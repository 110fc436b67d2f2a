import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { CountersReader } from "../../../src/aeron/counters-reader.ts";
import { messageOf } from "../../../src/core/errors.ts";

/** Offsets in the head of cnc.dat: the lengths of the buffers that follow it, one behind the other. */
const LENGTHS = [4, 8, 12, 16, 20];
const HEAD_BYTES = 128;

/** What a media driver shows of itself: every counter, and the errors that it has noted. For people. */
export function aeronState(aeronDir: string): string {
  try {
    return [...counters(aeronDir), "--- errors", ...errors(aeronDir)].join("\n");
  } catch (error) {
    return messageOf(error);
  }
}

function counters(aeronDir: string): string[] {
  using reader = CountersReader.open(aeronDir);
  return reader
    .snapshot()
    .map(({ id, typeId, ownerId, value, label }) => `${id}\t${typeId}\t${ownerId}\t${value}\t${label}`);
}

/** The texts of the error log, which is the last buffer. */
function errors(aeronDir: string): string[] {
  const fd = openSync(join(aeronDir, "cnc.dat"), "r");
  try {
    const bytes = Buffer.alloc(fstatSync(fd).size);
    readSync(fd, bytes, 0, bytes.length, 0);
    const lengths = LENGTHS.map((at) => bytes.readInt32LE(at));
    const begin = HEAD_BYTES + lengths.slice(0, -1).reduce((sum, length) => sum + length, 0);
    const text = bytes.toString("latin1", begin, begin + (lengths.at(-1) as number));
    return text.match(/[\t\n\x20-\x7e]{8,}/g) ?? [];
  } finally {
    closeSync(fd);
  }
}
