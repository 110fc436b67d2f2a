import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { CNC_HEADER, COUNTER_METADATA, COUNTER_STATE, COUNTER_VALUE } from "../../ffi/aeron-structs.ts";
import { TensorPoolError } from "../core/errors.ts";

/** The counters of an Aeron folder cannot be read: there are none, or their format is unknown. */
export class CountersError extends TensorPoolError<"not-found" | "not-readable" | "incompatible"> {}

/** One counter at one moment. */
export interface CounterRecord {
  /** Its index in the file; another counter may take the index later. */
  readonly id: number;
  readonly typeId: number;
  /** 112 bytes; the type id defines their layout. */
  readonly key: DataView;
  readonly label: string;
  readonly value: bigint;
  readonly registrationId: bigint;
  /** Id of the Aeron client that created it; -1 for the media driver's own. */
  readonly ownerId: bigint;
}

/** Of Aeron 1.54; a file with another major version has another layout. */
const CNC_MAJOR_VERSION = 0;
/** Size of a record's head, which is compared: state, type, deadline and key. */
const HEAD_BYTES = COUNTER_METADATA.labelLength;
const KEY_BYTES = COUNTER_METADATA.labelLength - COUNTER_METADATA.key;
const MAX_LABEL_BYTES = COUNTER_METADATA.size - COUNTER_METADATA.label;
const CHUNK_RECORDS = 256;

/**
 * Reads the counters of the media driver in a folder without being its client: by read(2), so that a file that is truncated or removed
 * meanwhile causes no crash and the driver notices nothing. It continues to read the opened file even after its driver died. Close it.
 */
export class CountersReader implements Disposable {
  readonly aeronDir: string;
  /** Device and inode of the file; another driver's file has a different pair. */
  readonly identity: string;
  /** The media driver's process, in its own pid namespace. */
  readonly driverPid: number;
  /** When the media driver started, in milliseconds of the wall clock. */
  readonly driverStartMs: number;
  /** Time without a heartbeat after which the media driver times a client out. */
  readonly clientLivenessNs: number;
  readonly #fd: number;
  readonly #metadataOffset: number;
  readonly #valuesOffset: number;
  readonly #maxCounters: number;
  #isOpen = true;

  private constructor(aeronDir: string, fd: number, stat: BigIntStats, header: DataView) {
    this.aeronDir = aeronDir;
    this.identity = `${stat.dev}:${stat.ino}`;
    this.#fd = fd;
    this.driverPid = Number(header.getBigInt64(CNC_HEADER.pid, true));
    this.driverStartMs = Number(header.getBigInt64(CNC_HEADER.startMs, true));
    this.clientLivenessNs = Number(header.getBigInt64(CNC_HEADER.clientLivenessNs, true));
    const [toDriver, toClients, metadata, values] = [
      CNC_HEADER.toDriver,
      CNC_HEADER.toClients,
      CNC_HEADER.metadata,
      CNC_HEADER.values,
    ].map((at) => header.getInt32(at, true)) as [number, number, number, number];
    this.#metadataOffset = CNC_HEADER.size + toDriver + toClients;
    this.#valuesOffset = this.#metadataOffset + metadata;
    this.#maxCounters = Math.floor(values / COUNTER_VALUE.size);
    const isSound =
      [toDriver, toClients, metadata, values].every((length) => length > 0) &&
      this.#maxCounters * COUNTER_METADATA.size <= metadata &&
      BigInt(this.#valuesOffset + values) <= stat.size;
    if (!isSound) {
      throw new CountersError("incompatible", `${aeronDir}: expected the buffers of a CnC file, found other lengths`);
    }
  }

  /** @throws CountersError "not-found" if there is no CnC file, "not-readable", "incompatible" */
  static open(aeronDir: string): CountersReader {
    const path = join(aeronDir, "cnc.dat");
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw unreadable(path, error);
    }
    try {
      const header = new DataView(new ArrayBuffer(CNC_HEADER.size));
      const length = readFully(fd, new Uint8Array(header.buffer), 0);
      const version = header.getInt32(CNC_HEADER.version, true);
      if (length < CNC_HEADER.size || version === 0) {
        throw new CountersError("not-found", `${path}: the media driver has not finished writing it`, {
          retryable: true,
        });
      }
      if (version >>> 16 !== CNC_MAJOR_VERSION) {
        const found = `${version >>> 16}.${(version >>> 8) & 0xff}.${version & 0xff}`;
        throw new CountersError(
          "incompatible",
          `${path}: expected CnC version ${CNC_MAJOR_VERSION}.x, found ${found}`,
          {
            expected: `${CNC_MAJOR_VERSION}.x`,
            found,
          },
        );
      }
      return new CountersReader(aeronDir, fd, fstatSync(fd, { bigint: true }), header);
    } catch (error) {
      closeSync(fd);
      throw error instanceof CountersError ? error : unreadable(path, error);
    }
  }

  /**
   * Every counter of a wanted type. Counters that are added or removed during the read are left out: each record belongs to the same
   * counter before and after its value was read.
   */
  snapshot(isWanted: (typeId: number) => boolean = () => true): CounterRecord[] {
    const before = this.#readMetadata(this.#maxCounters);
    const count = before.byteLength / COUNTER_METADATA.size;
    const values = new DataView(new ArrayBuffer(count * COUNTER_VALUE.size));
    readFully(this.#fd, new Uint8Array(values.buffer), this.#valuesOffset);
    const after = this.#readMetadata(count);
    const records: CounterRecord[] = [];
    for (let id = 0; id < after.byteLength / COUNTER_METADATA.size; id++) {
      const at = id * COUNTER_METADATA.size;
      if (after.getInt32(at + COUNTER_METADATA.state, true) !== COUNTER_STATE.allocated) continue;
      const typeId = after.getInt32(at + COUNTER_METADATA.typeId, true);
      if (isWanted(typeId) && isSameHead(before, after, at)) records.push(recordOf(id, typeId, after, values));
    }
    return records;
  }

  /** The counter's current value; null if it was freed. */
  valueOf({ id, registrationId }: CounterRecord): bigint | null {
    const value = new DataView(new ArrayBuffer(COUNTER_VALUE.ownerId));
    readFully(this.#fd, new Uint8Array(value.buffer), this.valueOffset(id));
    const state = new DataView(new ArrayBuffer(4));
    readFully(this.#fd, new Uint8Array(state.buffer), this.#metadataOffset + id * COUNTER_METADATA.size);
    const isThere =
      state.getInt32(0, true) === COUNTER_STATE.allocated &&
      value.getBigInt64(COUNTER_VALUE.registrationId, true) === registrationId;
    return isThere ? value.getBigInt64(0, true) : null;
  }

  /** Offset of a counter's value in the CnC file. */
  valueOffset(id: number): number {
    return this.#valuesOffset + id * COUNTER_VALUE.size;
  }

  /** Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The records up to the first one never used, at most `limit`. */
  #readMetadata(limit: number): DataView {
    let bytes = new Uint8Array(CHUNK_RECORDS * COUNTER_METADATA.size);
    let count = 0;
    while (count < limit) {
      if (count * COUNTER_METADATA.size === bytes.length) {
        const larger = new Uint8Array(bytes.length * 2);
        larger.set(bytes);
        bytes = larger;
      }
      const records = Math.min(CHUNK_RECORDS, limit - count);
      const chunk = bytes.subarray(count * COUNTER_METADATA.size, (count + records) * COUNTER_METADATA.size);
      const read = readFully(this.#fd, chunk, this.#metadataOffset + count * COUNTER_METADATA.size);
      const used = usedRecords(chunk, Math.floor(read / COUNTER_METADATA.size));
      count += used;
      if (used < records) break;
    }
    return new DataView(bytes.buffer, 0, count * COUNTER_METADATA.size);
  }
}

function unreadable(path: string, error: unknown): CountersError {
  const errno = (error as NodeJS.ErrnoException).code;
  if (errno === undefined) throw error;
  const isAbsent = errno === "ENOENT" || errno === "ENOTDIR";
  const found = isAbsent ? "nothing" : errno;
  const code = isAbsent ? "not-found" : "not-readable";
  return new CountersError(code, `${path}: expected the file of a media driver, found ${found}`, {
    found,
    cause: error,
  });
}

function usedRecords(chunk: Uint8Array, records: number): number {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
  for (let i = 0; i < records; i++) {
    if (view.getInt32(i * COUNTER_METADATA.size + COUNTER_METADATA.state, true) === COUNTER_STATE.unused) return i;
  }
  return records;
}

function isSameHead(before: DataView, after: DataView, at: number): boolean {
  for (let i = at; i < at + HEAD_BYTES; i += 4) if (before.getInt32(i, true) !== after.getInt32(i, true)) return false;
  return true;
}

function recordOf(id: number, typeId: number, metadata: DataView, values: DataView): CounterRecord {
  const at = id * COUNTER_METADATA.size;
  const value = id * COUNTER_VALUE.size;
  const written = metadata.getInt32(at + COUNTER_METADATA.labelLength, true);
  const labelLength = Math.max(0, Math.min(MAX_LABEL_BYTES, written));
  const label = new Uint8Array(metadata.buffer, at + COUNTER_METADATA.label, labelLength);
  return {
    id,
    typeId,
    key: new DataView(metadata.buffer, at + COUNTER_METADATA.key, KEY_BYTES),
    label: new TextDecoder().decode(label),
    value: values.getBigInt64(value, true),
    registrationId: values.getBigInt64(value + COUNTER_VALUE.registrationId, true),
    ownerId: values.getBigInt64(value + COUNTER_VALUE.ownerId, true),
  };
}

/** Returns fewer bytes only at the end of the file. */
function readFully(fd: number, bytes: Uint8Array, offset: number): number {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(fd, bytes, done, bytes.length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
