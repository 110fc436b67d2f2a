import { UsageError } from "../core/errors.ts";

/** Runs one part of a check that is independent of the other parts. */
export type Attempt = (part: () => void) => void;

/** Ends the check at the first mistake. */
export const untilFirst: Attempt = (part) => part();

/** Keeps every mistake, so that all of them can be reported at once. */
export class Mistakes {
  readonly #byText = new Map<string, UsageError>();

  /** In the order in which they were found, without duplicates. */
  get found(): readonly UsageError[] {
    return [...this.#byText.values()];
  }

  readonly attempt: Attempt = (part) => {
    try {
      part();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      if (!this.#byText.has(error.message)) this.#byText.set(error.message, error);
    }
  };
}
