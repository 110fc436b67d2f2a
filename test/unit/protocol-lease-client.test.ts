import { describe, expect, test } from "bun:test";
import { LeaseValidity } from "../../src/protocol/lease-validity.ts";
import { RetryBackoff } from "../../src/protocol/retry-backoff.ts";

const SECOND_NS = 1e9;

function begun(nowNs: number, durationNs = 3 * SECOND_NS, intervalNs = SECOND_NS): LeaseValidity {
  const validity = new LeaseValidity();
  validity.begin(nowNs, durationNs, intervalNs);
  return validity;
}

/** Hears announces at a period, keeping the lease alive meanwhile. @returns when the last one came */
function hear(validity: LeaseValidity, fromNs: number, periodNs: number, times: number): number {
  let nowNs = fromNs;
  for (let i = 0; i < times; i++) {
    nowNs += periodNs;
    validity.keepaliveSent(nowNs);
    validity.announceHeard(nowNs);
  }
  return nowNs;
}

describe("a client's view of its lease", () => {
  test("D-11: without a lease nothing holds, and no keepalive is due", () => {
    const validity = new LeaseValidity();
    expect(validity.fault(0)).toBe("expired");
    expect(validity.keepaliveDue(1e18)).toBe(false);
  });

  test("D-11: a keepalive is due at once, and then an interval after each", () => {
    const validity = begun(100);
    expect(validity.keepaliveDue(100)).toBe(true);
    validity.keepaliveSent(100);
    expect(validity.keepaliveDue(100 + SECOND_NS - 1)).toBe(false);
    expect(validity.keepaliveDue(100 + SECOND_NS)).toBe(true);
  });

  test("D-11: a lease that is shorter than usual is kept alive thrice within its duration", () => {
    const validity = begun(0, 0.3 * SECOND_NS);
    validity.keepaliveSent(0);
    expect(validity.keepaliveDue(0.1 * SECOND_NS - 1)).toBe(false);
    expect(validity.keepaliveDue(0.1 * SECOND_NS)).toBe(true);
  });

  test("D-11: it ends a duration after the last keepalive that was sent, to the nanosecond", () => {
    const validity = begun(0);
    expect(validity.fault(3 * SECOND_NS - 1)).toBeNull();
    expect(validity.fault(3 * SECOND_NS)).toBe("expired");
    validity.keepaliveSent(2 * SECOND_NS);
    validity.announceHeard(4 * SECOND_NS);
    expect(validity.fault(5 * SECOND_NS - 1)).toBeNull();
    expect(validity.fault(5 * SECOND_NS)).toBe("expired");
  });

  test("D-11: what was under way for a while counts as what was left when it came, for every keepalive", () => {
    const validity = begun(SECOND_NS, 2 * SECOND_NS);
    expect(validity.fault(3 * SECOND_NS)).toBe("expired");
    validity.keepaliveSent(1.5 * SECOND_NS);
    expect(validity.fault(3.5 * SECOND_NS)).toBe("expired");
  });

  test("D-17: a driver that announces nothing for three periods and a little is silent", () => {
    const validity = begun(0);
    for (let nowNs = 0; nowNs <= 3.5 * SECOND_NS; nowNs += SECOND_NS / 2) {
      validity.keepaliveSent(nowNs);
      expect(validity.fault(nowNs)).toBeNull();
    }
    expect(validity.fault(3.5 * SECOND_NS + 1)).toBe("driver-silent");
  });

  test("D-17: a slower driver shows by its announces that it is one, and is given three of its periods", () => {
    const validity = begun(0);
    const lastNs = hear(validity, 0, 2.5 * SECOND_NS, 2);
    validity.keepaliveSent(lastNs + 6 * SECOND_NS);
    expect(validity.fault(lastNs + 8 * SECOND_NS)).toBeNull();
    expect(validity.fault(lastNs + 8 * SECOND_NS + 1)).toBe("driver-silent");
  });

  test("D-17: a driver that was taken for silent and answers all the same is given twice as long, until it shows its period", () => {
    const validity = begun(0);
    validity.keepaliveSent(3 * SECOND_NS);
    expect(validity.fault(4 * SECOND_NS)).toBe("driver-silent");
    validity.begin(10 * SECOND_NS, 60 * SECOND_NS, SECOND_NS);
    expect(validity.fault(16.5 * SECOND_NS)).toBeNull();
    expect(validity.fault(16.5 * SECOND_NS + 1)).toBe("driver-silent");
    validity.begin(20 * SECOND_NS, 60 * SECOND_NS, SECOND_NS);
    expect(validity.fault(26.5 * SECOND_NS)).toBeNull();
    // Announces in quick succession say nothing about the period; those of three periods do.
    let lastNs = hear(validity, 20 * SECOND_NS, SECOND_NS / 10, 5);
    expect(validity.fault(lastNs + 12.5 * SECOND_NS)).toBeNull();
    lastNs = hear(validity, lastNs, SECOND_NS, 13);
    expect(validity.fault(lastNs + 3.5 * SECOND_NS)).toBeNull();
    expect(validity.fault(lastNs + 3.5 * SECOND_NS + 1)).toBe("driver-silent");
  });

  test("D-17: one announce that was late is forgotten after three periods", () => {
    const validity = begun(0, 60 * SECOND_NS);
    let lastNs = hear(validity, 0, SECOND_NS, 2);
    lastNs = hear(validity, lastNs, 3 * SECOND_NS, 1);
    expect(validity.fault(lastNs + 9.5 * SECOND_NS)).toBeNull();
    lastNs = hear(validity, lastNs, SECOND_NS, 18);
    expect(validity.fault(lastNs + 3.5 * SECOND_NS)).toBeNull();
    expect(validity.fault(lastNs + 3.5 * SECOND_NS + 1)).toBe("driver-silent");
  });

  test("D-17: this process's own pause says nothing about the driver's period", () => {
    const validity = begun(0, 60 * SECOND_NS);
    const lastNs = hear(validity, 0, SECOND_NS, 2);
    const backNs = lastNs + 20 * SECOND_NS;
    expect(validity.fault(backNs)).toBe("driver-silent");
    validity.announceHeard(backNs);
    expect(validity.fault(backNs + 3.5 * SECOND_NS)).toBeNull();
    expect(validity.fault(backNs + 3.5 * SECOND_NS + 1)).toBe("driver-silent");
  });

  test("D-17: however slow a driver, its death is noticed within minutes", () => {
    const validity = new LeaseValidity();
    let nowNs = 0;
    for (let i = 0; i < 20; i++) {
      validity.begin(nowNs, 1e15, SECOND_NS);
      nowNs += 3 * 60 * SECOND_NS + SECOND_NS;
      expect(validity.fault(nowNs)).toBe("driver-silent");
    }
  });
});

describe("a client's waits", () => {
  test("D-06: waits grow twofold up to the bound, and begin again after a success", () => {
    const backoff = new RetryBackoff({ firstNs: 100, maxNs: 450 }, () => 1 - Number.EPSILON);
    expect(Array.from({ length: 5 }, () => backoff.next())).toEqual([100, 200, 400, 450, 450]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  test("D-06: waits are shortened at random by up to half, and are whole nanoseconds", () => {
    const least = new RetryBackoff({ firstNs: 101, maxNs: 1000 }, () => 0);
    expect([least.next(), least.next()]).toEqual([51, 101]);
    const drawn = new RetryBackoff({ firstNs: 1e6, maxNs: 1e6 });
    const waits = new Set(Array.from({ length: 100 }, () => drawn.next()));
    expect(waits.size).toBeGreaterThan(10);
    for (const waitNs of waits) expect(waitNs >= 0.5e6 && waitNs <= 1e6 && Number.isInteger(waitNs)).toBe(true);
  });

  test("limits that make no sense are refused with what was found", () => {
    for (const limits of [
      { firstNs: 0, maxNs: 1 },
      { firstNs: 2, maxNs: 1 },
      { firstNs: 1, maxNs: Number.POSITIVE_INFINITY },
      { firstNs: Number.NaN, maxNs: 1 },
    ]) {
      expect(() => new RetryBackoff(limits)).toThrow(`found ${limits.firstNs} and ${limits.maxNs}`);
    }
  });
});
