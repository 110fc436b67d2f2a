/**
 * Runs every step of letting something go, whatever the others throw, so that nothing stays open because a listener or a system
 * call failed in the middle. The first error comes out at the end.
 */
export function releaseAll(steps: readonly (() => void)[]): void {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
