/** Measures spans that should be short, and counts those that were not, with arithmetic only. */
export class StallTracker {
  readonly thresholdNs: number;
  /** Spans longer than the threshold. */
  stalls = 0;
  /** The longest span. */
  maxNs = 0;

  constructor(thresholdNs: number) {
    this.thresholdNs = thresholdNs;
  }

  record(spanNs: number): void {
    if (spanNs > this.maxNs) this.maxNs = spanNs;
    if (spanNs > this.thresholdNs) this.stalls += 1;
  }

  /** Starts over, e.g. after warm-up or for the next reporting interval. */
  reset(): void {
    this.stalls = 0;
    this.maxNs = 0;
  }
}
