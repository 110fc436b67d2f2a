// The tables of counters in docs/OPERATIONAL_PLAYBOOK.md follow from the code. To bring them up to date:
//
//   npm run generate:docs
import type { Counter } from "../../src/core/counters.ts";
import { CONSUMER_ADVICE, DRIVER_ADVICE, PRODUCER_ADVICE, STREAM_ADVICE } from "../../src/roles/counter-advice.ts";
import { consumerCounters, LOSS_CAUSES, producerCounters } from "../../src/roles/counters.ts";
import { driverCounters, LEASE_COUNTER_TYPE_ID, streamCounters } from "../../src/roles/driver/driver-counters.ts";
import { GeneratedPart, markdownTable } from "./generated-part.ts";

export const COUNTER_PART = new GeneratedPart(
  "docs/OPERATIONAL_PLAYBOOK.md",
  "tables of counters",
  "test/support/counter-tables.ts",
);

const LOSSES: readonly string[] = LOSS_CAUSES;

/** What stands between the marks of the page. */
export function counterTables(): string {
  return [
    `### Of a producer\n\n${table(producerCounters().list, PRODUCER_ADVICE)}`,
    `### Of a consumer\n\nThe causes of loss are marked with ✗: with \`accepted\` and \`skipped\` they add up to what was published.\n\n${table(consumerCounters().list, CONSUMER_ADVICE)}`,
    `### Of a driver\n\n${table(driverCounters().list, DRIVER_ADVICE)}`,
    `### Of each stream of a driver\n\n${table(streamCounters().list, STREAM_ADVICE)}`,
    `Type id ${LEASE_COUNTER_TYPE_ID} is one counter for each lease: when it expires, see [DRIVER.md](DRIVER.md#counters).\n`,
  ].join("\n");
}

function table(counters: readonly Counter[], advice: Readonly<Record<string, string>>): string {
  return markdownTable(
    ["counter", "type id", "what it counts", "when it grows"],
    counters.map(({ name, typeId, help }) => [
      `\`${name}\`${LOSSES.includes(name) ? " ✗" : ""}`,
      String(typeId),
      help,
      advice[name] ?? "",
    ]),
  );
}
