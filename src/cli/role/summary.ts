import type { CounterSet } from "../../core/counters.ts";
import { formatCount } from "../../core/units.ts";

/** References to rules of the specification; they are removed from the summary, and the tables of the playbook list them. */
const RULES = / \([WD]-\d\d[^)]*\)/g;

/** A summary as text: a sentence, then every counter that is not 0 with its description. */
export function summaryLines<Name extends string>(
  lead: string,
  counters: CounterSet<Name>,
  leftOut: readonly Name[],
): string[] {
  const told = counters.list.filter(({ name, value }) => value > 0 && !leftOut.includes(name as Name));
  const width = Math.max(0, ...told.map(({ name }) => name.length));
  return [
    lead,
    ...told.map(
      ({ name, value, help }) =>
        `  ${name.padEnd(width)}  ${formatCount(value).padStart(9)}  ${help.replace(RULES, "")}`,
    ),
  ];
}
