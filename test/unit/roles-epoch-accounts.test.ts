import { expect, test } from "bun:test";
import { consumerCounters } from "../../src/roles/counters.ts";
import { EpochAccounts } from "../../src/roles/epoch-accounts.ts";

const SECOND_NS = 1e9;

/** Accounts of one epoch, 5, that was unmapped at frame 100 when the ring had frame 110. */
function unmapped() {
  const { of } = consumerCounters();
  const time = { nowNs: 0, nanoTime: (): number => time.nowNs };
  const accounts = new EpochAccounts(of.detached, of.tailsUnknown, time);
  accounts.resume(5n);
  accounts.keep({ epoch: 5n, newestSeq: 100, heardSeq: 110, counted: 0, isOver: false, cause: of.detached });
  return { of, time, accounts };
}

test("W-19: what passes while nothing is mapped is counted to the frame, at the rate of the fastest producer, too", () => {
  const { of, time, accounts } = unmapped();
  time.nowNs = 10 * SECOND_NS;
  accounts.onProducerSeq(5n, 110 + 30e6);
  accounts.settle();
  expect([of.detached.value, of.tailsUnknown.value]).toEqual([10 + 30e6, 0]);
});

test("W-19: a frame that no producer can have reached by then counts no stretch of frames as missed, but its end as unknown", () => {
  for (const lie of ["QosProducer", "FrameDescriptor"]) {
    const { of, time, accounts } = unmapped();
    time.nowNs = SECOND_NS;
    if (lie === "QosProducer") accounts.onProducerSeq(5n, 2 ** 32);
    else accounts.onDescriptor(5n, 2 ** 32);
    accounts.settle();
    expect([of.detached.value, of.tailsUnknown.value]).toEqual([10, 1]);
  }
});

test("W-19: epochs that a process invents add what could have passed in the time, however often", () => {
  const { of, time, accounts } = unmapped();
  for (let epoch = 6n; epoch < 1000n; epoch++) {
    time.nowNs += 1e6;
    accounts.onDescriptor(epoch, 0);
    accounts.onProducerSeq(epoch, 2 ** 31);
    accounts.onDescriptor(epoch, 2 ** 32);
  }
  accounts.settle();
  expect(of.detached.value).toBeLessThan(100);
});

test("W-19: an epoch that was followed by a rival's, and is mapped again, continues its account", () => {
  const { of, accounts } = unmapped();
  expect(accounts.resume(6n)).toBeNull();
  expect(of.detached.value).toBe(10);
  accounts.keep({ epoch: 6n, newestSeq: 3, heardSeq: 3, counted: 0, isOver: true, cause: of.detached });
  expect(accounts.resume(5n)).toMatchObject({ epoch: 5n, newestSeq: 110, counted: 0 });
  expect(of.detached.value).toBe(10);
});

test("accounts of epochs that were followed leave room for those that pass while nothing is mapped", () => {
  const { of, accounts } = unmapped();
  for (let epoch = 6n; epoch < 20n; epoch++) {
    accounts.resume(epoch);
    accounts.keep({ epoch, newestSeq: 0, heardSeq: 0, counted: 0, isOver: true, cause: of.detached });
  }
  const before = of.detached.value;
  for (let epoch = 20n; epoch < 23n; epoch++) expect(accounts.onDescriptor(epoch, 0)).toBe(true);
  expect(of.detached.value).toBe(before + 3);
});
