/** Far longer than anything takes on a busy machine: it only ends tests that would wait indefinitely. */
export const TIMEOUT_MS = 90_000;

/** For tests that start processes, each of which may wait several times. It only ends tests that hang. */
export const PROCESS_TEST_MS = 240_000;

/** Waits until `condition` holds, looking every few milliseconds; fails with what was waited for. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: () => string,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`expected ${what()}, waited ${timeoutMs / 1000} s for it`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

/** A span of the real world, for effects that only time has (a process that is paused). */
export async function elapse(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
