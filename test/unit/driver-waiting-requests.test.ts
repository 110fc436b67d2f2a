import { expect, test } from "bun:test";
import type { AttachRequest } from "../../src/protocol/attach-validation.ts";
import { WaitingRequests } from "../../src/roles/driver/waiting-requests.ts";

function request(streamId: number, correlationId: number): AttachRequest {
  const ids = { correlationId: BigInt(correlationId), sessionId: 1, clientId: correlationId, streamId };
  return { ...ids, role: "consumer" } as unknown as AttachRequest;
}

test("so many requests wait at most, and those that are answered make room", () => {
  const waiting = new WaitingRequests();
  let accepted = 0;
  for (let i = 0; i < 5000; i++) if (waiting.add(request(i % 3, i))) accepted++;
  expect(accepted).toBe(1024);
  expect(waiting.has(request(0, 0))).toBe(true);
  expect(waiting.has(request(0, 4998))).toBe(false);
  const answered = waiting.take(1).length;
  expect(answered).toBeGreaterThan(300);
  for (let i = 0; i < answered; i++) expect(waiting.add(request(7, i))).toBe(true);
  expect(waiting.add(request(7, 9999))).toBe(false);
  expect(waiting.take(9)).toEqual([]);
});

test("D-06: a later request of the same client takes the place of its earlier one; another role or client waits beside it", () => {
  const waiting = new WaitingRequests();
  const first = { ...request(1, 10), clientId: 7, role: "producer" } as AttachRequest;
  const second = { ...request(1, 11), clientId: 7, role: "producer" } as AttachRequest;
  const reader = { ...request(1, 12), clientId: 7, role: "consumer" } as AttachRequest;
  for (const each of [first, second, reader]) expect(waiting.add(each)).toBe(true);
  expect([waiting.has(first), waiting.has(second)]).toEqual([false, true]);
  expect(waiting.take(1).map(({ correlationId }) => correlationId)).toEqual([11n, 12n]);
});
