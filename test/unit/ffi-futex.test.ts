import { expect, test } from "bun:test";
import { FutexWait, futexWait, futexWake } from "../../ffi/futex.ts";
import { NativeBuffer } from "../../ffi/memory.ts";

const SHORT_NS = 1_000_000;

test("a word of any 32 bits is waited for until the time is up, and not at all when it is another one", () => {
  const memory = new NativeBuffer(8);
  for (const word of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    memory.view.setUint32(4, word, true);
    const address = memory.address + 4;
    expect([word, futexWait(address, word, SHORT_NS)]).toEqual([word, FutexWait.TIMED_OUT]);
    expect([word, futexWait(address, word ^ 1, SHORT_NS)]).toEqual([word, FutexWait.CHANGED]);
    expect([word, futexWait(address, word ^ 0x8000_0000, SHORT_NS)]).toEqual([word, FutexWait.CHANGED]);
  }
});

test("a time of seconds is one of seconds, and no time at all is over at once", () => {
  const memory = new NativeBuffer(4);
  expect(futexWait(memory.address, 0, 0)).toBe(FutexWait.TIMED_OUT);
  const beginMs = performance.now();
  expect(futexWait(memory.address, 0, 1_050_000_000)).toBe(FutexWait.TIMED_OUT);
  expect(performance.now() - beginMs).toBeGreaterThan(1049);
});

test("where the kernel refuses, that is an answer; to wake nobody, or at no place, is nothing", () => {
  const memory = new NativeBuffer(8);
  expect(futexWait(memory.address + 1, 0, SHORT_NS)).toBe(FutexWait.REFUSED);
  expect(futexWait(8, 0, SHORT_NS)).toBe(FutexWait.REFUSED);
  futexWake(memory.address);
  futexWake(8);
});
