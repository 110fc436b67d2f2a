import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { CNC_HEADER } from "./aeron-structs.ts";
import { MAP, mapMemory, PROT, unmapMemory } from "./libc.ts";
import { openAeron } from "./load.ts";
import { NativeBuffer } from "./memory.ts";

const SYMBOLS = {
  // int aeron_mpsc_rb_init(aeron_mpsc_rb_t *ring_buffer, void *buffer, size_t length)
  aeron_mpsc_rb_init: { args: ["ptr", "ptr", "u64_fast"], returns: "i32" },
  // aeron_rb_write_result_t aeron_mpsc_rb_write(aeron_mpsc_rb_t *ring_buffer, int32_t msg_type_id, const void *msg, size_t length)
  aeron_mpsc_rb_write: { args: ["ptr", "i32", "ptr", "u64_fast"], returns: "i32" },
} as const;

/** aeron_mpsc_rb_t: four words of 64 bits. */
const RING_BYTES = 32;
const CLIENT_CLOSE = 0x0b;
/** aeron_correlated_command_t { int64_t client_id; int64_t correlation_id; } */
const COMMAND_BYTES = 16;

/**
 * Asks the media driver in a folder to close a client immediately, as if the client itself had requested it. An unknown client is
 * ignored. Returns false if the driver's command ring buffer is full or invalid.
 * @throws NodeJS.ErrnoException, SystemError if its files cannot be written
 */
export function closeClient(aeronDir: string, clientId: bigint): boolean {
  const aeron = openAeron(SYMBOLS);
  const fd = openSync(join(aeronDir, "cnc.dat"), constants.O_RDWR | constants.O_NONBLOCK);
  try {
    const header = new DataView(new ArrayBuffer(CNC_HEADER.size));
    readSync(fd, header, 0, CNC_HEADER.size, 0);
    const ringBytes = header.getInt32(CNC_HEADER.toDriver, true);
    const mappedBytes = CNC_HEADER.size + ringBytes;
    if (ringBytes <= 0 || mappedBytes > fstatSync(fd).size) return false;
    const mapping = mapMemory(0, mappedBytes, PROT.READ | PROT.WRITE, MAP.SHARED, fd);
    try {
      const ring = new NativeBuffer(RING_BYTES);
      if (aeron.aeron_mpsc_rb_init(ring.address, mapping + CNC_HEADER.size, ringBytes) !== 0) return false;
      const command = new NativeBuffer(COMMAND_BYTES);
      command.view.setBigInt64(0, clientId, true);
      return aeron.aeron_mpsc_rb_write(ring.address, CLIENT_CLOSE, command.address, COMMAND_BYTES) === 0;
    } finally {
      unmapMemory(mapping, mappedBytes);
    }
  } finally {
    closeSync(fd);
  }
}
