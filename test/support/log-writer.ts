import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { LOG_METADATA } from "../../ffi/aeron-structs.ts";
import { CountersReader } from "../../src/aeron/counters-reader.ts";

/** Type of the counters that hold how far a subscriber has read. */
const SUBSCRIBER_POSITION = 4;

/**
 * Writes to the terms of a publication's log as a faulty participant would, through the file: whenever it wants, whatever it wants,
 * but not to the page of metadata.
 */
export class LogWriter implements Disposable {
  readonly termBytes: number;
  readonly #fd: number;

  /** Opens the log of the only publication in the folder. */
  constructor(aeronDir: string) {
    const names = readdirSync(join(aeronDir, "publications"));
    if (names.length !== 1) throw new Error(`expected one publication, found ${names.length}`);
    this.#fd = openSync(join(aeronDir, "publications", names[0] as string), "r+");
    const metadata = new DataView(new ArrayBuffer(LOG_METADATA.size));
    readSync(this.#fd, metadata, 0, LOG_METADATA.size, fstatSync(this.#fd).size - LOG_METADATA.pageSize);
    this.termBytes = metadata.getInt32(LOG_METADATA.termLength, true);
  }

  /** Writes at an offset of the three terms together; what would go beyond them is left out. */
  write(offset: number, bytes: Uint8Array): void {
    const room = this.termBytes * LOG_METADATA.terms - offset;
    if (room > 0) writeSync(this.#fd, bytes, 0, Math.min(bytes.length, room), offset);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Stores `value` in the position counter of a subscriber to an Aeron stream, as a client does that was paused for too long. */
export function overwritePosition(
  aeronDir: string,
  aeronStreamId: number,
  newValueOf: (old: bigint) => bigint,
): number {
  using reader = CountersReader.open(aeronDir);
  const counter = reader
    .snapshot((typeId) => typeId === SUBSCRIBER_POSITION)
    .find(({ key }) => key.getInt32(12, true) === aeronStreamId);
  if (counter === undefined) throw new Error(`no subscriber to stream ${aeronStreamId}`);
  const fd = openSync(join(aeronDir, "cnc.dat"), "r+");
  try {
    writeSync(fd, new BigInt64Array([newValueOf(counter.value)]), 0, 8, reader.valueOffset(counter.id));
  } finally {
    closeSync(fd);
  }
  return counter.id;
}
