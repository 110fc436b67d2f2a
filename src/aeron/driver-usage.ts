import { aeron } from "../../ffi/aeron.ts";
import { COUNTER_METADATA, COUNTER_STATE, COUNTERS_BUFFERS, checkAeron } from "../../ffi/aeron-structs.ts";
import { int32At, NativeBuffer, nativeString } from "../../ffi/memory.ts";

/** Counter type of a client's heartbeat: there is one for each client that the driver considers alive. */
const CLIENT_HEARTBEAT_TYPE_ID = 11;

/** Counts the clients of a media driver, by the heartbeat counters in its CnC file. */
export class DriverUsage {
  readonly #cnc: number;
  readonly #metadata: number;
  readonly #metadataLength: number;
  #isOpen = true;

  /** @throws AeronError if the CnC file cannot be mapped */
  constructor(aeronDir: string) {
    const out = new NativeBuffer(COUNTERS_BUFFERS.size);
    const dir = nativeString(aeronDir);
    checkAeron(aeron.aeron_cnc_init(out.address, dir.address, 0), "aeron_cnc_init");
    this.#cnc = out.pointerAt();
    const reader = aeron.aeron_cnc_counters_reader(this.#cnc);
    checkAeron(aeron.aeron_counters_reader_get_buffers(reader, out.address), "aeron_counters_reader_get_buffers");
    this.#metadata = out.pointerAt(COUNTERS_BUFFERS.metadata);
    this.#metadataLength = out.numberAt(COUNTERS_BUFFERS.metadataLength);
  }

  clientCount(): number {
    let count = 0;
    for (let offset = 0; offset < this.#metadataLength; offset += COUNTER_METADATA.size) {
      const state = int32At(this.#metadata, offset + COUNTER_METADATA.state);
      if (state === COUNTER_STATE.unused) break;
      if (state !== COUNTER_STATE.allocated) continue;
      if (int32At(this.#metadata, offset + COUNTER_METADATA.typeId) === CLIENT_HEARTBEAT_TYPE_ID) count++;
    }
    return count;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    aeron.aeron_cnc_close(this.#cnc);
  }
}
