/** Renews the generated parts of the pages: `npm run generate:docs`. */
import { COUNTER_PART, counterTables } from "./counter-tables.ts";
import { LOG_PART, logTable } from "./log-table.ts";

COUNTER_PART.write(counterTables());
LOG_PART.write(logTable());
console.error("generated the tables of docs/OPERATIONAL_PLAYBOOK.md");
