import type { WaitPoint } from "../../core/wait-point.ts";
import type { SlotPlace } from "../../protocol/slot-place.ts";
import { SinkError } from "../errors.ts";
import type { Sink, SinkFrame, SinkStream } from "../types.ts";
import { AttributeAnnouncer } from "./attribute-announcer.ts";
import { stageFrame } from "./frame-record.ts";
import { HandedFrames } from "./handed-frames.ts";
import { LossReport } from "./loss-report.ts";
import { RecordInput } from "./record-input.ts";
import { RecordOutput } from "./record-output.ts";
import {
  FRAME_BYTES,
  GIVES_CREDIT,
  OVERWRITTEN,
  RecordKind,
  RequestKind,
  STATE_BYTES,
  STATE_CODES,
  VERDICT_BYTES,
} from "./records.ts";
import { RegionAnnouncer, sendHello, sendState } from "./region-announcer.ts";

const NO_PLACES: readonly SlotPlace[] = [];
const UNKNOWN = -1;
/** Room for the regions of an epoch and their paths. */
const REGIONS_BYTES = 48 * 1024;

/**
 * Passes frames on in place: the peer maps the regions itself, and returns each frame with its outcome. The peer holds no more frames than
 * it gave credit for, and at most a quarter of the ring: those are never overwritten if the producer waits for readers.
 */
export class ClaimSink implements Sink {
  readonly description = "claims:-";
  readonly needsAttributes = false;
  readonly takesStrides = true;
  readonly #output: RecordOutput;
  readonly #input = new RecordInput();
  readonly #regions: RegionAnnouncer;
  readonly #attributes: AttributeAnnouncer;
  readonly #handed = new HandedFrames();
  #losses: LossReport | null = null;
  #stream: SinkStream | null = null;
  #places = NO_PLACES;
  #state = UNKNOWN;
  #credits = 0;
  #maxHanded = 1;
  /** The region last mapped by the peer. */
  #mappedId = 0;
  #staged = UNKNOWN;
  #readFrames = 0;
  #hasBeenAsked = false;

  /** @throws SinkError if standard output is neither a pipe nor a socket */
  constructor() {
    this.#output = RecordOutput.open("sink");
    this.#regions = new RegionAnnouncer(this.#output);
    this.#attributes = new AttributeAnnouncer(this.#output);
    sendHello(this.#output, "sink");
    this.#output.flush();
  }

  get waitPoint(): WaitPoint {
    return this.#input;
  }

  get briefWaitPoint(): WaitPoint {
    return this.#input.brief;
  }

  get isAsked(): boolean {
    return this.#hasBeenAsked && this.#handed.count > 0;
  }

  get isPreparing(): boolean {
    return this.#mappedId < this.#regions.lastId || this.#stream?.places !== this.#places;
  }

  get hasRoom(): boolean {
    const mayHand = this.#credits > 0 && this.#handed.count < this.#maxHanded && this.#handed.hasRoom;
    return mayHand && !this.isPreparing && this.#output.hasRoom(FRAME_BYTES);
  }

  get drained(): boolean {
    return this.#output.isEmpty;
  }

  get awaitsReader(): boolean {
    return this.#handed.count > 0;
  }

  get closedByReader(): boolean {
    return this.#input.isEnded || this.#output.isBroken;
  }

  begin(stream: SinkStream): void {
    this.#stream = stream;
    this.#losses = new LossReport(this.#output, stream.losses);
  }

  accept(frame: SinkFrame): void {
    const { slot } = frame;
    const announced = slot === undefined ? null : this.#regions.find(slot.place);
    if (slot === undefined || announced === null) {
      throw new SinkError("unsupported", "expected a frame of the mapped regions, found one of others");
    }
    this.#staged = this.#output.length;
    const token = this.#handed.add(frame.seq, frame.byteLength, slot.place);
    stageFrame(this.#output, token, frame.seq, slot, announced);
  }

  settle(intact: boolean): void {
    if (intact) this.#credits--;
    else {
      this.#handed.takeBackLast();
      this.#output.rollback(this.#staged);
    }
  }

  flush(): void {
    this.#output.flush();
  }

  doWork(nowNs: number): number {
    const work = this.#readRequests();
    const stream = this.#stream;
    if (stream === null) return work;
    // A peer that does not read gets it later.
    if (stream.places !== this.#places && this.#output.hasRoom(REGIONS_BYTES)) this.#followRegions(stream.places);
    this.#attributes.follow(stream);
    const state = STATE_CODES[stream.state];
    if (state !== this.#state && this.#output.hasRoom(STATE_BYTES)) {
      this.#state = state;
      sendState(this.#output, state);
    }
    this.#losses?.reportIfDue(nowNs);
    return work + this.#output.flush();
  }

  summary(): readonly string[] {
    return [`handed over ${this.#readFrames} frames that were read`];
  }

  async close(): Promise<void> {
    if (this.#stream !== null) this.#handed.takeBackAll(this.#stream);
    this.#losses?.report();
    this.#output.flush();
    this.#input.close();
    this.#output.close();
  }

  #readRequests(): number {
    const { words } = this.#input;
    let work = 0;
    while (this.#output.hasRoom(VERDICT_BYTES)) {
      const at = this.#input.next();
      if (at < 0) break;
      work++;
      const value = words[at + 2] as number;
      switch (words[at + 1]) {
        case RequestKind.CREDIT:
          this.#credits += value;
          break;
        case RequestKind.RELEASE:
          this.#release(value, words[at + 3] as number);
          break;
        case RequestKind.CHECK:
          this.#hasBeenAsked = true;
          this.#answer(value);
          break;
        case RequestKind.MAPPED:
          this.#mappedId = value;
          break;
        default:
          throw new SinkError(
            "unsupported",
            `stdin: expected a request of a reader, found one of kind ${words[at + 1]}`,
          );
      }
    }
    return work;
  }

  #release(token: number, flags: number): void {
    const byteLength = this.#handed.release(token);
    if (byteLength < 0) return;
    if ((flags & GIVES_CREDIT) !== 0) this.#credits++;
    if ((flags & OVERWRITTEN) === 0) this.#readFrames++;
    else this.#stream?.takeBack(byteLength, "changed");
  }

  #answer(token: number): void {
    const place = this.#handed.placeOf(token);
    const isIntact = place !== null && this.#stream?.isIntact(place, this.#handed.seqOf(token)) === true;
    const at = this.#output.begin(RecordKind.VERDICT, VERDICT_BYTES);
    this.#output.setWord(at + 2, token);
    this.#output.setWord(at + 3, isIntact ? 1 : 0);
  }

  /** Another epoch is mapped, or none: the peer must map it first, and its frames wait until then. */
  #followRegions(places: readonly SlotPlace[]): void {
    this.#places = places;
    this.#regions.forget();
    this.#attributes.forget();
    for (const place of places) this.#regions.announce(place);
    const [first] = places;
    if (first !== undefined) this.#maxHanded = this.#handed.limitFor(first.nslots);
  }
}
