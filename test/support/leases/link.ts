/** What happens to one message. */
export type Fault =
  | { readonly kind: "lose" }
  | { readonly kind: "duplicate"; readonly delayNs: number }
  | { readonly kind: "delay"; readonly delayNs: number };

/** Faults that wait for the next messages, whoever sends them. */
export class FaultPlan {
  readonly #next: Fault[] = [];

  add(fault: Fault, times: number): void {
    for (let i = 0; i < times; i++) this.#next.push(fault);
  }

  take(): Fault | null {
    return this.#next.shift() ?? null;
  }

  clear(): void {
    this.#next.length = 0;
  }
}

/** One direction between a client and the driver. A message arrives with the next cycle at the earliest. */
export class Link<M> {
  readonly #faults: FaultPlan;
  #underWay: { readonly atNs: number; readonly message: M }[] = [];
  /** Until then nothing gets through. */
  cutUntilNs = 0;

  constructor(faults: FaultPlan) {
    this.#faults = faults;
  }

  send(message: M, nowNs: number): void {
    const fault = this.#faults.take();
    if (fault?.kind === "lose" || nowNs < this.cutUntilNs) return;
    const delayNs = fault?.kind === "delay" ? fault.delayNs : 0;
    this.#underWay.push({ atNs: nowNs + 1 + delayNs, message });
    if (fault?.kind === "duplicate") this.#underWay.push({ atNs: nowNs + 1 + fault.delayNs, message });
  }

  /** What has arrived, in the order of arrival. */
  receive(nowNs: number): M[] {
    if (this.#underWay.length === 0) return [];
    const arrived = this.#underWay.filter(({ atNs }) => atNs <= nowNs).sort((a, b) => a.atNs - b.atNs);
    if (arrived.length > 0) this.#underWay = this.#underWay.filter(({ atNs }) => atNs > nowNs);
    return arrived.map(({ message }) => message);
  }
}
