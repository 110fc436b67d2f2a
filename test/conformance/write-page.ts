/** Renews docs/PROTOCOL_RULES.md: `npm run generate:protocol`. */
import { writeFileSync } from "node:fs";
import { namedTests, PAGE, protocolPage } from "./page.ts";

writeFileSync(PAGE, protocolPage(namedTests()));
console.error("generated docs/PROTOCOL_RULES.md");
