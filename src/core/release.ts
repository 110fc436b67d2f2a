/**
 * Runs every step of a release, whatever the others throw, so that a failing listener or system call leaves nothing open. Throws the first
 * error at the end.
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
