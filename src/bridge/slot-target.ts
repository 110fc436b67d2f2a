import { crc32 } from "node:zlib";
import { libc } from "../../ffi/libc.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";
import { findHeaderFault, HeaderFault } from "../protocol/frame-validation.ts";
import { ClaimState, type SlotClaim } from "../roles/slot-claim.ts";
import { type FrameTarget, NO_CHECKSUM } from "./frame-assembly.ts";
import type { FrameDelay } from "./frame-delay.ts";
import type { BridgeAccount } from "./ledger.ts";
import type { OutputStream } from "./output-stream.ts";

/** The route for which frames are reassembled. */
export interface SlotRoute {
  readonly output: OutputStream;
  readonly account: BridgeAccount;
  readonly delay: FrameDelay;
}

/** Reassembles frames in slots of an output stream: each is checked as a reader would check it before it is accepted, and counted once. */
export class SlotTarget implements FrameTarget {
  readonly #routeOf: () => SlotRoute | null;
  #route: SlotRoute | null = null;
  #claim: SlotClaim | null = null;
  #address = 0;
  /** Why the newest frame was refused. */
  #cause: "noSlot" | "refused" = "noSlot";

  constructor(routeOf: () => SlotRoute | null) {
    this.#routeOf = routeOf;
  }

  begin(header: FrameHeader): boolean {
    const route = this.#routeOf();
    this.#route = route;
    if (route === null) return false;
    const { producer } = route.output;
    const { valuesLenBytes } = header;
    const isReady = producer?.isReady === true;
    if (!isReady || valuesLenBytes > producer.maxByteLength) {
      this.#cause = isReady ? "refused" : "noSlot";
      return false;
    }
    const claim = producer.skipTo(header.frameId) ? producer.tryClaim(valuesLenBytes) : null;
    if (claim === null || claim.pool === null) {
      this.#cause = "noSlot";
      return false;
    }
    header.payloadSlot = claim.index;
    if (findHeaderFault(header, claim.index, claim.pool.strideBytes) !== HeaderFault.NONE) {
      claim.abort();
      this.#cause = "refused";
      return false;
    }
    this.#claim = claim;
    this.#address = claim.address;
    return true;
  }

  write(valuesOffset: number, address: number, length: number): void {
    const claim = this.#claim;
    // Its memory may be gone by now: with a lease or an epoch.
    if (claim === null || claim.state !== ClaimState.CLAIMED) return;
    libc.memcpy(this.#address + valuesOffset, address, length);
  }

  commit(header: FrameHeader, checksum: number): void {
    const { account, delay } = this.#route as SlotRoute;
    const claim = this.#claim as SlotClaim;
    this.#claim = null;
    if (claim.state !== ClaimState.CLAIMED) {
      account.epochChange++;
      return;
    }
    if (checksum !== NO_CHECKSUM && crc32(claim.bytes) !== checksum) {
      claim.abort();
      account.checksum++;
      return;
    }
    claim.commitCopy(header);
    account.delivered++;
    delay.onFrame(header);
  }

  pass(): void {
    if (this.#route !== null) this.#route.account[this.#cause]++;
  }

  abort(): void {
    this.#claim?.abort();
    this.#claim = null;
  }
}
