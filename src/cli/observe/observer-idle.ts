import { HAND_OVER, type IdleOutcome, type IdleStrategy } from "../../core/idle/index.ts";

/** While it finds its way: the media driver's answers take a few cycles each. */
const EAGER_NS = 1e6;
/** Forty looks a second: what a look finds is a span of frames, so more of them would tell nothing more, and cost CPU. */
const CALM_NS = 25e6;

/** The idle strategy of a tool that looks now and then: it rests after every cycle, briefly until it has begun to watch. */
export class ObserverIdle implements IdleStrategy {
  readonly name = "sleep";
  handOverNs = EAGER_NS;

  /** What is to be watched was found. */
  calmDown(): void {
    this.handOverNs = CALM_NS;
  }

  idle(_workCount: number): IdleOutcome {
    return HAND_OVER;
  }

  reset(): void {}
}
