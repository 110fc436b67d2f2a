import { formatCount } from "../../core/units.ts";
import type { ReplayClock } from "../../io/index.ts";
import type { Producer } from "../../roles/producer.ts";

/** The position of a replay, for the live line of a terminal. */
export function replayLine(
  clock: ReplayClock,
  producers: readonly Producer[],
  nowNs: number,
  hasKeys: boolean,
): string {
  let [published, lost, consumers] = [0, 0, 0];
  for (const { counters, mappedConsumers } of producers) {
    const { claimed, published: sent, noPool } = counters.of;
    published += sent.value;
    lost += claimed.value - sent.value + noPool.value;
    consumers += mappedConsumers;
  }
  const state = clock.isHeld ? "waiting for consumers" : clock.isPaused ? "paused" : speedOf(clock.speed);
  const where = `${timeOf(clock.isHeld ? 0 : clock.positionNs(nowNs) % clock.lengthNs)} of ${timeOf(clock.lengthNs)}`;
  return [
    `replay: ${where}`,
    state,
    `published ${formatCount(published)}`,
    `${consumers} ${consumers === 1 ? "consumer" : "consumers"}`,
    `dropped ${formatCount(lost)}`,
    ...(hasKeys ? ["(space, n, left, right, q)"] : []),
  ].join("  ");
}

function speedOf(speed: number): string {
  return speed === Number.POSITIVE_INFINITY ? "as fast as it is taken" : `${speed} times`;
}

/** E.g. `1:02.3`. */
function timeOf(ns: number): string {
  const seconds = ns / 1e9;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - minutes * 60).toFixed(1).padStart(4, "0")}`;
}
