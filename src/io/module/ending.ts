import { getLogger } from "../../core/logger.ts";
import { isThenable, type ModuleFaults } from "./faults.ts";

const logger = getLogger("source");
const closed = new WeakSet<object>();

/** Calls a source's `close` once. What goes wrong then comes too late to be thrown: it is said. */
export function closeDefinition(definition: { close?(): unknown }, faults: ModuleFaults): void {
  if (closed.has(definition)) return;
  closed.add(definition);
  reportFailure(() => definition.close?.(), "close() to return", faults);
}

/** Calls `end`, and logs what it throws, then or later. */
export function reportFailure(end: () => unknown, expected: string, faults: ModuleFaults): void {
  const say = (error: unknown): void => logger.error(faults.thrown(expected, error).message);
  try {
    const result = end();
    if (isThenable(result)) result.then(undefined, say);
  } catch (error) {
    say(error);
  }
}
