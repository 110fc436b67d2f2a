import type { FragmentReader } from "./fragment-subscription.ts";
import { FrameAssembly } from "./frame-assembly.ts";
import type { ReceiverRoute } from "./receiver-route.ts";
import { SlotTarget } from "./slot-target.ts";

export interface ReceiverSessionOptions {
  /** False for a sender that is none of the peers: nothing of it is read. */
  readonly isAllowed: boolean;
  readonly now: () => number;
  readonly blockAddress: () => number;
  readonly onControl: (session: ReceiverSession, view: DataView, offset: number, length: number) => void;
}

/** As many as a block holds. */
const ALL = 0x7fff_ffff;

/** One Aeron session of a sender: frames of one stream, in order. */
export class ReceiverSession implements FragmentReader {
  /** Where its frames go, since its first open; null: nowhere. */
  route: ReceiverRoute | null = null;
  readonly #options: ReceiverSessionOptions;
  readonly #assembly: FrameAssembly;

  constructor(options: ReceiverSessionOptions) {
    this.#options = options;
    const target = new SlotTarget(() => this.route, options.blockAddress);
    this.#assembly = new FrameAssembly(target, (view, offset, length) => options.onControl(this, view, offset, length));
  }

  get appetite(): number {
    if (!this.#options.isAllowed) return 0;
    // What follows an open may have to wait for what that begins.
    if (this.route === null) return 1;
    if (!this.route.mayTake(this.#options.now())) return 0;
    // One that may hold its sender back is looked at again after each fragment, which may end a frame.
    return this.route.isWaitedFor ? 1 : ALL;
  }

  onFragment(flags: number, view: DataView, offset: number, length: number): void {
    this.route?.hear(this.#options.now());
    this.#assembly.onFragment(flags, view, offset, length);
  }

  onEnd(): void {
    this.#assembly.onEnd();
    this.route?.release(this);
    this.route = null;
  }
}
