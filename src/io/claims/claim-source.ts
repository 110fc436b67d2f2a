import { formatBytes } from "../../core/units.ts";
import type { WaitPoint } from "../../core/wait-point.ts";
import { SourceError } from "../errors.ts";
import type { FillState, SkipReason, Source, SourceSlot, SourceState } from "../types.ts";
import { CommittedLayout } from "./committed-layout.ts";
import { RecordInput } from "./record-input.ts";
import { RecordOutput } from "./record-output.ts";
import {
  DROPPED_BYTES,
  REFUSAL_CODES,
  REFUSED_BYTES,
  RecordKind,
  RequestKind,
  SLOT_BYTES,
  STATE_CODES,
} from "./records.ts";
import { RegionAnnouncer, sendHello, sendState } from "./region-announcer.ts";

const SUPERBLOCK_BYTES = 64;
const NO_TOKEN = -1;
/** Room for a slot, its regions and their paths. */
const ANSWER_BYTES = 16 * 1024;

/**
 * Frames filled by another process: it requests a slot, maps the region itself, and returns the slot committed or aborted. It holds one
 * slot at a time; a slot it holds when it dies or closes its end is aborted.
 */
export class ClaimSource implements Source {
  readonly description: string;
  readonly live = true;
  readonly maxByteLength: number;
  readonly attributes = [];
  readonly nativeRateHz = null;
  readonly tellsLayoutLast = true;
  readonly layout = new CommittedLayout();
  readonly #output: RecordOutput;
  readonly #input = new RecordInput();
  readonly #regions: RegionAnnouncer;
  #hasBegun = false;
  #isRequested = false;
  /** Token of the peer's slot. */
  #token = NO_TOKEN;
  #nextToken = 0;
  /** The peer's slot was lost: an answer for it is ignored. */
  #lostToken = NO_TOKEN;

  /** @throws SourceError if standard output is neither a pipe nor a socket */
  constructor(maxByteLength: number) {
    this.maxByteLength = maxByteLength;
    this.description = `claims:- frames of at most ${formatBytes(maxByteLength)}`;
    this.#output = RecordOutput.open("source");
    this.#regions = new RegionAnnouncer(this.#output);
    sendHello(this.#output, "source");
    this.#output.flush();
  }

  get waitPoint(): WaitPoint {
    return this.#input;
  }

  /** Called only while frames can be published. */
  poll(_nowNs: number): SourceState {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      sendState(this.#output, STATE_CODES.mapped);
    }
    this.#output.flush();
    while (!this.#isRequested) {
      const at = this.#input.next();
      if (at < 0) break;
      this.#onRequest(at);
    }
    if (this.#output.isBroken) return "end";
    if (this.#isRequested && this.#output.hasRoom(ANSWER_BYTES)) return "ready";
    return this.#input.isEnded ? "end" : "idle";
  }

  fill(_target: Uint8Array, _nowNs: number, slot?: SourceSlot): FillState {
    if (this.#token === NO_TOKEN) this.#handOver(slot as SourceSlot);
    this.#output.flush();
    if (this.#output.isBroken) return this.#end("abort");
    const { words } = this.#input;
    const at = this.#input.next();
    if (at < 0) return this.#input.isEnded ? this.#end("abort") : "more";
    const kind = words[at + 1];
    if (kind !== RequestKind.COMMIT && kind !== RequestKind.ABORT) throw unexpected("COMMIT or ABORT", kind);
    if (words[at + 2] !== this.#token) return "more";
    if (kind === RequestKind.ABORT) return this.#end("abort");
    this.layout.read(words, at);
    return this.#end("done");
  }

  skip(_nowNs: number, reason: SkipReason = "ended"): FillState {
    if (this.#token === NO_TOKEN) {
      const at = this.#output.begin(RecordKind.REFUSED, REFUSED_BYTES);
      this.#output.setWord(at + 2, REFUSAL_CODES[reason]);
      this.#output.setLong(at + 4, this.layout.byteLength);
    } else {
      const at = this.#output.begin(RecordKind.DROPPED, DROPPED_BYTES);
      this.#output.setWord(at + 2, this.#token);
      this.#output.setWord(at + 3, REFUSAL_CODES[reason]);
      this.#lostToken = this.#token;
    }
    this.#output.flush();
    return this.#end("done");
  }

  close(): void {
    this.#output.flush();
    this.#input.close();
    this.#output.close();
  }

  #onRequest(at: number): void {
    const { words } = this.#input;
    const kind = words[at + 1];
    if (kind === RequestKind.CLAIM) {
      this.layout.claim((words[at + 2] as number) >>> 0, words[at + 3] as number);
      this.#isRequested = true;
      return;
    }
    const isLate = (kind === RequestKind.COMMIT || kind === RequestKind.ABORT) && words[at + 2] === this.#lostToken;
    if (!isLate) throw unexpected("CLAIM", kind);
  }

  #handOver({ index, seq, place }: SourceSlot): void {
    const { poolId, ringId, epochLow, epochHigh } = this.#regions.announce(place);
    const output = this.#output;
    this.#token = this.#nextToken;
    this.#nextToken = (this.#nextToken + 1) & 0x7fff_ffff;
    const at = output.begin(RecordKind.SLOT, SLOT_BYTES);
    output.setWord(at + 2, this.#token);
    output.setWord(at + 3, poolId);
    output.setLong(at + 4, SUPERBLOCK_BYTES + index * place.strideBytes);
    output.setLong(at + 6, this.layout.byteLength);
    output.setLong(at + 8, seq);
    output.setWord(at + 10, epochLow);
    output.setWord(at + 11, epochHigh);
    output.setWord(at + 12, ringId);
  }

  #end<State extends FillState>(state: State): State {
    this.#token = NO_TOKEN;
    this.#isRequested = false;
    return state;
  }
}

function unexpected(expected: string, found: number | undefined): SourceError {
  return new SourceError("malformed", `stdin: expected a request ${expected}, found one of kind ${found}`, {
    expected,
  });
}
