import { UsageError } from "../core/errors.ts";

/** Runs a part of a check that the other parts do not depend on. */
export type Attempt = (part: () => void) => void;

/** The first mistake ends the check. */
export const untilFirst: Attempt = (part) => part();

/** Keeps every mistake, so that all of them can be reported at once. */
export class Mistakes {
  readonly #byText = new Map<string, UsageError>();

  /** In the order in which they were found, each once. */
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
