import { getLogger } from "../../core/logger.ts";
import { isThenable, type ModuleFaults } from "./faults.ts";

const logger = getLogger("source");
const closed = new WeakSet<object>();

/** Calls a source's `close` once. An error comes too late to be thrown: it is logged. */
export function closeDefinition(definition: { close?(): unknown }, faults: ModuleFaults): void {
  if (closed.has(definition)) return;
  closed.add(definition);
  reportFailure(() => definition.close?.(), "close() to return", faults);
}

/** Calls `end`, and logs an error, synchronous or asynchronous. */
export function reportFailure(end: () => unknown, expected: string, faults: ModuleFaults): void {
  const say = (error: unknown): void => logger.error(faults.thrown(expected, error).message);
  try {
    const result = end();
    if (isThenable(result)) result.then(undefined, say);
  } catch (error) {
    say(error);
  }
}
