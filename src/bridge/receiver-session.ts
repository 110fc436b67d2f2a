import type { FragmentReader } from "../aeron/fragment-subscription.ts";
import { FrameAssembly } from "./frame-assembly.ts";
import type { ReceiverRoute } from "./receiver-route.ts";
import { SlotTarget } from "./slot-target.ts";

export interface ReceiverSessionOptions {
  /** False for a sender that is not one of the peers: none of its messages are read. */
  readonly isAllowed: boolean;
  readonly onControl: (session: ReceiverSession, view: DataView, offset: number, length: number) => void;
}

/** One Aeron session of a sender: frames of one stream, in order. */
export class ReceiverSession implements FragmentReader {
  /** The route of its frames since its first open; null: none. */
  route: ReceiverRoute | null = null;
  readonly #options: ReceiverSessionOptions;
  readonly #assembly: FrameAssembly;
  #nowNs = 0;

  constructor(options: ReceiverSessionOptions) {
    this.#options = options;
    const target = new SlotTarget(() => this.route);
    this.#assembly = new FrameAssembly(target, (view, offset, length) => options.onControl(this, view, offset, length));
  }

  mayTake(nowNs: number): boolean {
    this.#nowNs = nowNs;
    if (!this.#options.isAllowed) return false;
    return this.route === null || this.route.mayTake(nowNs);
  }

  onFragment(flags: number, view: DataView, offset: number, length: number, address: number): void {
    this.route?.hear(this.#nowNs);
    this.#assembly.onFragment(flags, view, offset, length, address);
  }

  onFragmentEnd(flags: number): void {
    this.#assembly.onFragmentEnd(flags);
  }

  onEnd(): void {
    this.#assembly.onEnd();
    this.route?.release(this);
    this.route = null;
  }
}
